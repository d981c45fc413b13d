# What the manual's commands are run with here: each is checked as it is made.
# shellcheck shell=bash

A="Authorization: GatewayToken my-gateway-key"
J="Content-Type: application/json"
BODY="$WORK/body"
HEADERS="$WORK/headers"
DEVICE="$HOST/DEFAULT/controller/v1/$CID"

fail() {
  echo "FAILED: $*" >&2
  cat "$HEADERS" "$BODY" >&2 || true
  exit 1
}

# call STATUS ARG…: curl with the manual's arguments; the status must match the pattern.
call() {
  local want=$1 status
  shift
  : >"$BODY"
  status=$(curl -s -o "$BODY" -D "$HEADERS" -w '%{http_code}' "$@")
  # shellcheck disable=SC2053  # a pattern is meant
  [[ $status == $want ]] || fail "got $status, want $want: curl $*"
}

# is EXPRESSION: true of the last body `d`, in Python.
is() {
  python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else 1)' "$BODY" "$1" || fail "not so: $1"
}

# get EXPRESSION: of the last body `d`, in Python.
get() {
  python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$BODY" "$1" || fail "not there: $1"
}

# equal A B WHAT
equal() {
  [[ $1 == "$2" ]] || fail "$3: $1 is not $2"
}

# assign SET [JSON]: §3; the device's own entry unless another is given.
assign() {
  local own='[{"id": "'$CID'"}]'
  call 200 -u admin:admin -X POST -H "$J" \
    "$HOST/rest/v1/distributionsets/$1/assignedTargets" -d "${2:-$own}"
}

# offered REL: polls, and prints the action that the link offers.
offered() {
  call 200 -H "$A" -H "Accept: application/json" "$DEVICE"
  get "d['_links']['$1']['href']" | grep -oP "$1/\\K\\d+"
}

# report STATUS JSON: §8.2, on the action AID.
report() {
  call "$1" -H "$A" -H "$J" -d "$2" "$DEVICE/deploymentBase/$AID/feedback"
}

# says EXECUTION FINISHED TEXT: the body of a feedback.
says() {
  echo '{"status":{"execution":"'"$1"'","result":{"finished":"'"$2"'"},"details":["'"$3"'"]}}'
}
