# A static program in an empty image: no shell, no packages, no root. Everything but
# /data may be read-only. docs/operations.md says how to run it and what of this is tested.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -tags=timetzdata -ldflags=-s -o /out/roundtable ./cmd/roundtable
RUN mkdir -m 0700 /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/roundtable /roundtable
COPY LICENSE NOTICE /
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
WORKDIR /
ENV ROUNDTABLE_DB=/data/roundtable.db
ENV ROUNDTABLE_LISTEN=0.0.0.0:8080
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["/roundtable", "health"]
ENTRYPOINT ["/roundtable"]
CMD ["serve"]
