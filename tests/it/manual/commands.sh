#!/usr/bin/env bash
# The manual's §1 to §11: every command, in the manual's own form, with a check behind it.
# Wants HOST, CID, WORK; DS, DS2, DS3: sets with one `os` module; SM: the module of DS, whose
# update.zip has SIZE bytes.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=lib.sh
source ./lib.sh

echo "§1 authentication"
call '20?' -u admin:admin -X PUT -H "$J" \
  "$HOST/rest/v1/system/configs/authentication.gatewaytoken.key" -d '{"value": "my-gateway-key"}'
call '20?' -u admin:admin -X PUT -H "$J" \
  "$HOST/rest/v1/system/configs/authentication.gatewaytoken.enabled" -d '{"value": true}'
call '20?' -u admin:admin -X PUT -H "$J" \
  "$HOST/rest/v1/system/configs/authentication.targettoken.enabled" -d '{"value": true}'
call 200 -u admin:admin "$HOST/rest/v1/system/configs"
python3 -m json.tool "$BODY" | grep -E "authentication\.(gateway|target)" >"$WORK/settings" ||
  fail "§1.3"
is "d['authentication.gatewaytoken.enabled']['value'] is True"
is "d['authentication.targettoken.enabled']['value'] is True"

echo "§5 attributes before the first poll: 404"
call 404 -H "$A" -H "$J" -X PUT "$DEVICE/configData" -d '{"mode":"merge","data":{"a":"b"}}'

echo "§2 first poll"
call 200 -H "$A" -H "Accept: application/json" "$DEVICE"
is "d == {'config': {'polling': {'sleep': '00:05:00'}},
          '_links': {'configData': {'href': '$DEVICE/configData'}}}"

echo "§3 assignment"
assign "$DS"
is "d['assigned'] == 1 and d['total'] == 1 and d['alreadyAssigned'] == 0"
call 200 -H "$A" -H "Accept: application/json" "${DEVICE}-window"
assign "$DS" '{"id": "'"$CID-window"'", "type": "forced", "forcetime": 1682408575278,
  "weight": 1000, "maintenanceWindow": {"schedule": "00:00-04:00", "duration": "02:00:00",
  "timezone": "+08:00"}, "confirmationRequired": false}'

echo "§2 poll with work"
AID=$(offered deploymentBase)
call 200 -H "$A" -H "Accept: application/json" "$DEVICE"
is "d['_links']['deploymentBase']['href'].startswith('$DEVICE/deploymentBase/$AID?c=')"

echo "§4 deployment"
call 200 -H "$A" -H "Accept: application/json" "$DEVICE/deploymentBase/$AID"
is "d['id'] == '$AID'"
is "d['deployment']['download'] == d['deployment']['update'] == 'forced'"
is "[c['part'] for c in d['deployment']['chunks']] == ['os']"
is "d['deployment']['chunks'][0]['version'] == '1.0.0'"
ARTIFACT="d['deployment']['chunks'][0]['artifacts'][0]"
FILE="$DEVICE/softwaremodules/$SM/artifacts/update.zip"
is "$ARTIFACT['filename'] == 'update.zip' and $ARTIFACT['size'] == $SIZE"
is "$ARTIFACT['_links']['download-http']['href'] == '$FILE'"
is "$ARTIFACT['_links']['md5sum-http']['href'] == '$FILE.MD5SUM'"
SHA1=$(get "$ARTIFACT['hashes']['sha1']")
MD5=$(get "$ARTIFACT['hashes']['md5']")
SHA256=$(get "$ARTIFACT['hashes']['sha256']")

echo "§5 attributes"
ATTRIBUTES="$HOST/rest/v1/targets/$CID/attributes"
call 200 -H "$A" -H "$J" -X PUT "$DEVICE/configData" -d '{
  "mode": "merge",
  "data": {
    "osType": "linux",
    "platform": "x86_64",
    "kernel": "6.17.0-35-generic",
    "hostname": "test-curl-001",
    "hwRevision": "VMware Virtual Platform",
    "manufacturer": "VMware, Inc.",
    "swVersion": "V1.0.0.0"
  }
}'
[[ ! -s $BODY ]] || fail "§5: the body is empty"
call 200 -u admin:admin "$ATTRIBUTES"
is "len(d) == 7 and d['manufacturer'] == 'VMware, Inc.'"
call 200 -H "$A" -H "$J" -X PUT "$DEVICE/configData" -d '{"mode":"remove","data":{"kernel":""}}'
call 200 -u admin:admin "$ATTRIBUTES"
is "len(d) == 6 and 'kernel' not in d"
call 200 -H "$A" -H "$J" -X PUT "$DEVICE/configData" -d '{"mode":"replace","data":{"osType":"linux"}}'
call 200 -u admin:admin "$ATTRIBUTES"
is "d == {'osType': 'linux'}"

echo "§6 download"
curl -sf -H "$A" -o "$WORK/test-update.zip" "$FILE" || fail "§6.1"
STATUS=$(curl -s -w '%{http_code}' -D "$HEADERS" -H "$A" -H "Range: bytes=1048576-" \
  -o "$WORK/test-update.zip.part" --append "$FILE")
equal "$STATUS" 206 "§6.2"
grep -qi "^content-range: bytes 1048576-$((SIZE - 1))/$SIZE"$'\r' "$HEADERS" || fail "§6.2 range"
tail -c +1048577 "$WORK/test-update.zip" | cmp - "$WORK/test-update.zip.part" || fail "§6.2 bytes"
STATUS=$(curl -s -w '%{http_code}' -H "$A" -H "If-Match: $SHA1" -o "$WORK/again.zip" "$FILE")
equal "$STATUS" 200 "§6.3 right"
STATUS=$(curl -s -w '%{http_code}' -H "$A" -H "If-Match: ${SHA1%?}x" -o /dev/null "$FILE")
equal "$STATUS" 412 "§6.3 wrong"
equal "$(curl -s -H "$A" "$FILE.MD5SUM")" "$MD5  update.zip" "§6.4"
(cd "$WORK" && ln -f test-update.zip update.zip && curl -s -H "$A" "$FILE.MD5SUM" | md5sum -c) ||
  fail "§6.4 as md5sum reads it"

echo "§7 verification"
equal "$(sha256sum "$WORK/test-update.zip" | cut -d' ' -f1)" "$SHA256" "§7.1"
echo "$SHA256 $WORK/test-update.zip" | sha256sum -c || fail "§7.2"

echo "§8 feedback"
report 200 '{"timestamp": 1750000000000, "status": {"execution": "download",
  "result": {"finished": "none", "progress": {"cnt": 2, "of": 5}}, "code": 200,
  "details": ["Starting download"]}}'
report 200 '{"status":{"execution":"proceeding","result":{"finished":"none","progress":{"cnt":2,"of":5}},"details":["Downloading artifact 2/5"]}}'
for execution in scheduled resumed rejected canceled; do
  report 200 "$(says $execution none "Said $execution")"
done
report 200 "$(says download none "Starting download")"
report 200 "$(says downloaded none "Downloaded update.zip")"
report 200 "$(says proceeding none "Installing update")"

echo "§8.8 errors"
call 401 -H "Authorization: GatewayToken wrong" "$DEVICE"
call 404 -H "$A" -H "$J" -d "$(says download none x)" "$DEVICE/deploymentBase/999999/feedback"
call 405 -H "$A" -H "$J" -d "$(says download none x)" "$DEVICE/deploymentBase/$AID?c=1/feedback"
report 400 '{"status":{"execution":"closed","result":{"final":"success"},"details":[]}}'
report 400 '{"status":'

echo "§8.2 the end"
report 200 '{"status":{"execution":"closed","result":{"finished":"success"},"details":["Installation complete"],"code":200}}'
report 410 "$(says closed success "Installation complete")"

echo "§11 queries"
call 200 -u admin:admin "$HOST/rest/v1/targets/$CID"
is "d['controllerId'] == '$CID' and d['updateStatus'] == 'in_sync'"
call 200 -u admin:admin "$HOST/rest/v1/targets/$CID/actions"
is "d['total'] == 1 and d['content'][0]['id'] == $AID"
call 200 -u admin:admin "$HOST/rest/v1/targets/$CID/actions/$AID"
is "d['id'] == $AID and d['status'] == 'finished'"
call 200 -u admin:admin "$HOST/rest/v1/targets/$CID/actions/$AID/status"
is "d['content'][0]['type'] == 'finished'"
is "'Installation complete' in d['content'][0]['messages']"
is "d['content'][-1]['type'] == 'running' and d['content'][-2]['type'] == 'retrieved'"
call 200 -u admin:admin "$ATTRIBUTES"
call 200 -u admin:admin "$HOST/rest/v1/targets"
is "d['total'] == 2 and '$CID' in [t['controllerId'] for t in d['content']]"
call 200 -u admin:admin "$HOST/rest/v1/distributionsets"
is "$DS in [s['id'] for s in d['content']]"

echo "§9 cancellation"
assign "$DS2"
AID=$(offered deploymentBase)
call 204 -u admin:admin -X DELETE "$HOST/rest/v1/targets/$CID/actions/$AID"
equal "$(offered cancelAction)" "$AID" "§9.2"
call 200 -H "$A" -H "$J" -d "$(says canceled none Acknowledged)" "$DEVICE/cancelAction/$AID/feedback"
call 200 -H "$A" "$DEVICE"
is "'cancelAction' not in d['_links'] and 'deploymentBase' not in d['_links']"
call 200 -u admin:admin "$HOST/rest/v1/targets/$CID/actions/$AID"
is "d['status'] == 'canceled' and d['active'] is False"

echo "§8.2 failure"
assign "$DS2"
AID=$(offered deploymentBase)
report 200 '{"status":{"execution":"closed","result":{"finished":"failure"},"details":["Installation failed"],"code":500}}'
call 200 -u admin:admin "$HOST/rest/v1/targets/$CID"
is "d['updateStatus'] == 'error'"

echo "§10 confirmation"
call '20?' -u admin:admin -X PUT -H "$J" \
  "$HOST/rest/v1/system/configs/user.confirmation.flow.enabled" -d '{"value": true}'
assign "$DS3" '[{"id":"'"$CID"'","confirmationRequired":true}]'
AID=$(offered confirmationBase)
call 200 -H "$A" -H "$J" -d '{"confirmation":"confirmed","code":200,"details":["Auto-confirmed"]}' \
  "$DEVICE/confirmationBase/$AID/feedback"
equal "$(offered deploymentBase)" "$AID" "§10.3"
report 200 "$(says closed success "Installation complete")"
echo "every command of the manual works"
