{{/* Called with the entry of one relay: dict "root" $ "name" NAME "relay" VALUES. */}}

{{- define "headwater.name" -}}
{{- $name := printf "%s-%s" .root.Release.Name .name -}}
{{- if or (gt (len $name) 63) (not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name)) -}}
{{- fail (printf "%s cannot be the name of a Service: a release and an entry of `relays` together have at most 62 lower-case letters, digits and `-`, and begin with a letter; choose another name for one of them" $name) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{- define "headwater.selector" -}}
app.kubernetes.io/name: headwater
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .name | quote }}
{{- end -}}

{{- define "headwater.labels" -}}
{{ include "headwater.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | quote }}
{{- end -}}

{{- define "headwater.image" -}}
{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end -}}

{{/* The configuration as text. Fails if it is not one relay, if a secret stands in it, or if a variable is missing. */}}
{{- define "headwater.config" -}}
{{- $config := .relay.config -}}
{{- $text := "" -}}
{{- if kindIs "string" $config -}}
{{- $text = $config -}}
{{- $config = fromYaml $text -}}
{{- if hasKey $config "Error" -}}
{{- fail (printf "relays.%s.config is not YAML: %s; to see where: headwater check -c FILE" .name $config.Error) -}}
{{- end -}}
{{- else -}}
{{- $text = printf "%s\n" (toYaml $config) -}}
{{- end -}}
{{- if hasKey $config "relays" -}}
{{- fail (printf "relays.%s.config holds `relays`: write an entry of its own under `relays` for each of them, so that each gets its own Deployment" .name) -}}
{{- end -}}
{{- range $key := list "relay" "source" "stream" -}}
{{- if not (hasKey $config $key) -}}
{{- fail (printf "relays.%s.config has no `%s`; docs/configuration.md shows what a configuration holds" $.name $key) -}}
{{- end -}}
{{- end -}}
{{- include "headwater.refuse-secrets" (dict "value" $config "path" (printf "relays.%s.config" .name) "key" "") -}}
{{- /* A relay without one of its variables would not start. $${NAME} is a plain text. */ -}}
{{- range $found := regexFindAll "[$]+[{][A-Za-z_][A-Za-z0-9_]*[}]" (toYaml $config) -1 -}}
{{- $variable := regexReplaceAll "[^A-Za-z0-9_]" $found "" -}}
{{- if and (not (hasPrefix "$$" $found)) (not (hasKey ($.relay.env | default dict) $variable)) -}}
{{- fail (printf "relays.%s.config needs ${%s}, which nothing sets: write `env: { %s: { secret: NAME, key: KEY } }` beside `config`; to make the Secret: kubectl create secret generic NAME --from-literal=KEY=…" $.name $variable $variable) -}}
{{- end -}}
{{- end -}}
{{- $text -}}
{{- end -}}

{{/* Fails at a text that is a password, as far as its key or its form shows: dict "value" VALUE "path" PATH "key" KEY. */}}
{{- define "headwater.refuse-secrets" -}}
{{- $in := . -}}
{{- if kindIs "map" .value -}}
{{- range $key, $value := .value -}}
{{- include "headwater.refuse-secrets" (dict "value" $value "path" (printf "%s.%s" $in.path $key) "key" $key) -}}
{{- end -}}
{{- else if kindIs "slice" .value -}}
{{- range $number, $value := .value -}}
{{- include "headwater.refuse-secrets" (dict "value" $value "path" (printf "%s[%d]" $in.path $number) "key" $in.key) -}}
{{- end -}}
{{- else if not (kindIs "invalid" .value) -}}
{{- /* ${NAME} and ${file:PATH} hold the secret somewhere else. Of $${NAME}, a plain text, the first $ is left. */ -}}
{{- $text := regexReplaceAll "[$][{][^}]*[}]" (toString .value) "" -}}
{{- $variable := .key | upper | replace "." "_" | replace "-" "_" -}}
{{- if and (regexMatch "(?i)(password|passphrase|secret|token)$" .key) (ne $text "") -}}
{{- fail (printf "%s is a secret in the open: write \"${%s}\" instead, and `env: { %s: { secret: NAME, key: KEY } }` beside `config`; to make the Secret: kubectl create secret generic NAME --from-literal=KEY=…" .path $variable $variable) -}}
{{- end -}}
{{- if or (regexMatch "://[^/@\\s:]*:[^/@\\s]+@" $text) (regexMatch "(?i)(^|[\\s?&;.])(password|passwd|sslpassword)\\s*=\\s*[^\\s&]" $text) -}}
{{- fail (printf "%s holds a password in the open: write the whole text as \"${%s}\" instead, and `env: { %s: { secret: NAME, key: KEY } }` beside `config`; to make the Secret: kubectl create secret generic NAME --from-literal=KEY=…" .path $variable $variable) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What both containers of the pod share. */}}
{{- define "headwater.container" -}}
image: {{ include "headwater.image" . | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
resources:
  {{- toYaml (.relay.resources | default .root.Values.resources) | nindent 2 }}
{{- with .relay.env }}
env:
  {{- range $name, $from := . }}
  - name: {{ $name | quote }}
    valueFrom: { secretKeyRef: { name: {{ $from.secret | quote }}, key: {{ $from.key | default $name | quote }} } }
  {{- end }}
{{- end }}
volumeMounts:
  - { name: config, mountPath: /etc/headwater, readOnly: true }
  - { name: tmp, mountPath: /tmp }
  {{- range $number, $from := .relay.secrets }}
  - { name: secret-{{ $number }}, mountPath: {{ $from.path | quote }}, readOnly: true }
  {{- end }}
  {{- range $number, $from := .relay.configMaps }}
  - { name: config-map-{{ $number }}, mountPath: {{ $from.path | quote }}, readOnly: true }
  {{- end }}
  {{- range $number, $from := .relay.claims }}
  - { name: claim-{{ $number }}, mountPath: {{ $from.path | quote }} }
  {{- end }}
{{- end -}}
