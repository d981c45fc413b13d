package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// device asks over DDI what there is to do, downloads it, checks it, and reports.
type device struct {
	base  string
	token string
}

type link struct {
	Href string `json:"href"`
}

func (d device) install() {
	var poll struct {
		Links struct {
			DeploymentBase link `json:"deploymentBase"`
		} `json:"_links"`
	}
	var deployment struct {
		ID         string `json:"id"`
		Deployment struct {
			Chunks []struct {
				Artifacts []struct {
					Filename string `json:"filename"`
					Hashes   struct {
						SHA256 string `json:"sha256"`
					} `json:"hashes"`
					Links struct {
						Download link `json:"download-http"`
					} `json:"_links"`
				} `json:"artifacts"`
			} `json:"chunks"`
		} `json:"deployment"`
	}
	check(json.Unmarshal(d.call(d.base, nil), &poll))
	check(json.Unmarshal(d.call(poll.Links.DeploymentBase.Href, nil), &deployment))
	for _, chunk := range deployment.Deployment.Chunks {
		for _, artifact := range chunk.Artifacts {
			data := d.call(artifact.Links.Download.Href, nil)
			sum, agree := sha256.Sum256(data), "differs"
			if hex.EncodeToString(sum[:]) == artifact.Hashes.SHA256 {
				agree = "agrees"
			}
			fmt.Printf("device: %s, %d bytes, sha256 %s\n", artifact.Filename, len(data), agree)
		}
	}
	d.report(deployment.ID, "proceeding", "none")
	d.report(deployment.ID, "closed", "success")
}

func (d device) report(action, execution, finished string) {
	status := map[string]any{
		"execution": execution, "result": map[string]string{"finished": finished}, "details": []string{},
	}
	body := must(json.Marshal(map[string]any{"id": action, "status": status}))
	d.call(d.base+"/deploymentBase/"+action+"/feedback", bytes.NewReader(body))
	fmt.Printf("device: %s, %s\n", execution, finished)
}

func (d device) call(url string, body io.Reader) []byte {
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	request := must(http.NewRequest(method, url, body))
	request.Header.Set("Authorization", "TargetToken "+d.token)
	request.Header.Set("Content-Type", "application/json")
	answer := must(http.DefaultClient.Do(request))
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		panic(fmt.Sprint(url, ": ", answer.Status))
	}
	return must(io.ReadAll(answer.Body))
}
