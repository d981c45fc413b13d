#!/usr/bin/env bash
# Generates the packages v1 and device/v1 from the contract. They are committed, because that is
# where Go looks for them; `tests/run clients` fails if they are not as this script makes them.
#
# PROTOC is a protoc, e.g. the one in Python's grpcio-tools: PROTOC="python3 -m grpc_tools.protoc"
set -euo pipefail
cd "$(dirname "$0")"

MODULE=github.com/otahub/otahub/clients/go
CONTRACT=../../proto
TOOLS=$(mktemp -d)
trap 'rm -rf "$TOOLS"' EXIT

for tool in google.golang.org/protobuf/cmd/protoc-gen-go \
  google.golang.org/grpc/cmd/protoc-gen-go-grpc; do
  go build -o "$TOOLS/" "$tool"
done
# The files of the contract belong to no language: which package each goes into is said here.
options=("-I$CONTRACT" "--go_out=$TOOLS" "--go-grpc_out=$TOOLS")
files=()
while read -r file; do
  folder=$(dirname "${file#otahub/}")
  package="$MODULE/$folder;$(tr -d / <<<"otahub/$folder")"
  options+=("--go_opt=M$file=$package" "--go-grpc_opt=M$file=$package")
  files+=("$file")
done < <(cd "$CONTRACT" && find otahub -name '*.proto' | sort)
read -ra protoc <<<"${PROTOC:-protoc}"
PATH=$TOOLS:$PATH "${protoc[@]}" "${options[@]}" "${files[@]}"
for folder in v1 device/v1; do
  mkdir -p "$folder"
  rm -f "$folder"/*.pb.go
  mv "$TOOLS/$MODULE/$folder"/*.pb.go "$folder/"
done
