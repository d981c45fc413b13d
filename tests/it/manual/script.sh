#!/usr/bin/env bash
# The manual's §12.1, "one whole OTA life cycle, ready to paste", command for command. Only the
# host, the ids and the folder for the download come from outside: HOST, CID, DS, WORK.
set -euo pipefail

# === Variables ===
TENANT="DEFAULT"
AUTH="Authorization: GatewayToken my-gateway-key"
ADMIN="admin:admin"

# === Step 1: poll (registers the device) ===
curl -s -H "$AUTH" -H "Accept: application/json" \
  "$HOST/$TENANT/controller/v1/$CID" | python3 -m json.tool

# === Step 2: assign the distribution set (Management API) ===
curl -u $ADMIN -X POST -H "Content-Type: application/json" \
  "$HOST/rest/v1/distributionsets/$DS/assignedTargets" \
  -d '[{"id": "'$CID'"}]'

# === Step 3: poll (now with deploymentBase) ===
RESP=$(curl -s -H "$AUTH" -H "Accept: application/json" \
  "$HOST/$TENANT/controller/v1/$CID")
echo "$RESP" | python3 -m json.tool
DEPLOY_URL=$(echo "$RESP" | python3 -c "import sys,json; print(json.load(sys.stdin)['_links']['deploymentBase']['href'])")
AID=$(echo "$DEPLOY_URL" | grep -oP 'deploymentBase/\K\d+')
echo "Action ID: $AID"

# === Step 4: fetch the deployment ===
DEPLOY=$(curl -s -H "$AUTH" -H "Accept: application/json" \
  "$HOST/$TENANT/controller/v1/$CID/deploymentBase/$AID")
echo "$DEPLOY" | python3 -m json.tool
DL_URL=$(echo "$DEPLOY" | python3 -c "
import sys,json
art = json.load(sys.stdin)['deployment']['chunks'][0]['artifacts'][0]
print(art['_links']['download-http']['href'])
")
SHA256=$(echo "$DEPLOY" | python3 -c "
import sys,json
print(json.load(sys.stdin)['deployment']['chunks'][0]['artifacts'][0]['hashes']['sha256'])
")
echo "Download: $DL_URL"
echo "SHA256: $SHA256"

# === Step 5: report attributes ===
curl -s -H "$AUTH" -H "Content-Type: application/json" -X PUT \
  "$HOST/$TENANT/controller/v1/$CID/configData" \
  -d '{"mode":"merge","data":{"osType":"linux","hostname":"'$CID'","swVersion":"V1.0.0.0"}}'

# === Step 6: download ===
curl -H "$AUTH" -o "$WORK/update.zip" "$DL_URL"

# === Step 7: verify ===
echo "$SHA256 $WORK/update.zip" | sha256sum -c

# === Step 8: report the four steps ===
FB="$HOST/$TENANT/controller/v1/$CID/deploymentBase/$AID/feedback"
curl -s -H "$AUTH" -H "Content-Type: application/json" \
  -d '{"status":{"execution":"download","result":{"finished":"none"},"details":["Starting"]}}' "$FB"
curl -s -H "$AUTH" -H "Content-Type: application/json" \
  -d '{"status":{"execution":"downloaded","result":{"finished":"none"},"details":["Downloaded"]}}' "$FB"
curl -s -H "$AUTH" -H "Content-Type: application/json" \
  -d '{"status":{"execution":"proceeding","result":{"finished":"none"},"details":["Installing"]}}' "$FB"
curl -s -H "$AUTH" -H "Content-Type: application/json" \
  -d '{"status":{"execution":"closed","result":{"finished":"success"},"details":["Installation complete"],"code":200}}' "$FB"

# === Step 9: look ===
curl -s -u $ADMIN "$HOST/rest/v1/targets/$CID/actions/$AID/status" | python3 -m json.tool
echo "Done! Action $AID is now finished."
