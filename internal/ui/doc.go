// Package ui owns the pages that people see: signing in, the home page, their own profile,
// password and sessions, links that were mailed. They are rendered here, need no script,
// and ask the directory for everything as the person who is signed in. It must not know
// SQL, nor any rule of the directory.
package ui
