package db

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/jackc/pgx/v5/pgtype"
)

const (
	textFormat   = 0
	binaryFormat = 1
)

// formatOf is the form in which values of a type go over the wire.
func formatOf(oid uint32) int16 {
	switch oid {
	case pgtype.BoolOID, pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.Float4OID, pgtype.Float8OID, pgtype.ByteaOID,
		pgtype.TextArrayOID, pgtype.Int8ArrayOID, pgtype.Int4ArrayOID:
		return binaryFormat
	}
	return textFormat
}

// cellOf reads a value that came over the wire; nil is NULL. A boolean is a number, as
// SQLite has it; what has no kind of its own is its text.
func cellOf(oid uint32, b []byte) cell {
	if b == nil {
		return cell{}
	}
	switch oid {
	case pgtype.BoolOID:
		return cell{kind: kindInt, number: int64(b[0])}
	case pgtype.Int2OID:
		return cell{kind: kindInt, number: int64(int16(binary.BigEndian.Uint16(b)))}
	case pgtype.Int4OID:
		return cell{kind: kindInt, number: int64(int32(binary.BigEndian.Uint32(b)))}
	case pgtype.Int8OID:
		return cell{kind: kindInt, number: int64(binary.BigEndian.Uint64(b))}
	case pgtype.Float4OID:
		return cell{kind: kindFloat, float: float64(math.Float32frombits(binary.BigEndian.Uint32(b)))}
	case pgtype.Float8OID:
		return cell{kind: kindFloat, float: math.Float64frombits(binary.BigEndian.Uint64(b))}
	case pgtype.ByteaOID:
		return cell{kind: kindBlob, bytes: b}
	}
	return cell{kind: kindText, bytes: b}
}

// array is the argument that stands for a list of ids.
type array []value

func arrayOf[T ID](ids []T) array {
	values := make(array, len(ids))
	for i, id := range ids {
		values[i], _ = valueOf(id) // an ID always has a value
	}
	return values
}

// encode appends an argument to the arena, as the type of its parameter.
func (c *pgConn) encode(oid uint32, arg any) (null bool, err error) {
	if list, ok := arg.(array); ok {
		return false, c.encodeArray(oid, list)
	}
	v, err := valueOf(arg)
	if err != nil || v.kind == kindNull {
		return true, err
	}
	return false, c.encodeValue(oid, &v)
}

func (c *pgConn) encodeValue(oid uint32, v *value) error {
	switch oid {
	case pgtype.BoolOID:
		if v.kind != kindInt {
			return v.mismatch("a boolean")
		}
		c.arena = append(c.arena, byte(oneIf(v.number != 0)))
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
		return c.encodeInt(oid, v)
	case pgtype.Float8OID:
		if v.kind == kindInt {
			v.float = float64(v.number)
		} else if v.kind != kindFloat {
			return v.mismatch("a float")
		}
		c.arena = binary.BigEndian.AppendUint64(c.arena, math.Float64bits(v.float))
	case pgtype.ByteaOID:
		if v.kind != kindBlob {
			return v.mismatch("a blob")
		}
		c.arena = append(c.arena, v.blob...)
	case pgtype.TextOID, pgtype.VarcharOID:
		if v.kind != kindText {
			return v.mismatch("a text")
		}
		c.arena = append(c.arena, v.text...)
	default:
		return c.encodeText(v)
	}
	return nil
}

func (v *value) mismatch(wanted string) error {
	return fmt.Errorf("is %s and the parameter %s: cast the placeholder if that is meant", v.kind, wanted)
}

func (c *pgConn) encodeInt(oid uint32, v *value) error {
	if v.kind != kindInt {
		return v.mismatch("an integer")
	}
	switch {
	case oid == pgtype.Int8OID:
		c.arena = binary.BigEndian.AppendUint64(c.arena, uint64(v.number))
	case oid == pgtype.Int4OID && v.number == int64(int32(v.number)):
		c.arena = binary.BigEndian.AppendUint32(c.arena, uint32(v.number))
	case oid == pgtype.Int2OID && v.number == int64(int16(v.number)):
		c.arena = binary.BigEndian.AppendUint16(c.arena, uint16(v.number))
	default:
		return fmt.Errorf("%d is beyond the parameter's type", v.number)
	}
	return nil
}

// encodeText serves the types that have no kind of their own: the server reads its text.
func (c *pgConn) encodeText(v *value) error {
	switch v.kind {
	case kindText:
		c.arena = append(c.arena, v.text...)
	case kindInt:
		c.arena = strconv.AppendInt(c.arena, v.number, 10)
	case kindFloat:
		c.arena = strconv.AppendFloat(c.arena, v.float, 'g', -1, 64)
	default:
		return v.mismatch("of another type")
	}
	return nil
}

// encodeArray writes a list in the binary form: dimensions, whether there are NULLs,
// the type, length and lower bound, and each element behind its length.
func (c *pgConn) encodeArray(oid uint32, list array) error {
	var element uint32
	switch oid {
	case pgtype.TextArrayOID:
		element = pgtype.TextOID
	case pgtype.Int8ArrayOID:
		element = pgtype.Int8OID
	case pgtype.Int4ArrayOID:
		element = pgtype.Int4OID
	default:
		return errors.New("a list needs a column of integers or texts")
	}
	for _, word := range []uint32{1, 0, element, uint32(len(list)), 1} {
		c.arena = binary.BigEndian.AppendUint32(c.arena, word)
	}
	for i := range list {
		at := len(c.arena)
		c.arena = binary.BigEndian.AppendUint32(c.arena, 0)
		if err := c.encodeValue(element, &list[i]); err != nil {
			return err
		}
		binary.BigEndian.PutUint32(c.arena[at:], uint32(len(c.arena)-at-4))
	}
	return nil
}
