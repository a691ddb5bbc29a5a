{{- define "otto.name" -}}
{{- default .Release.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "otto.selector" -}}
app.kubernetes.io/name: otto
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "otto.labels" -}}
{{ include "otto.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "otto.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "otto.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "otto.name" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{- /* Namespaces whose Runs are watched, as a JSON list; empty: all. */ -}}
{{- define "otto.namespaces" -}}
{{- if .Values.watchNamespaces -}}
{{ toJson .Values.watchNamespaces }}
{{- else if eq .Values.rbac.scope "Namespaced" -}}
{{ toJson (list .Release.Namespace) }}
{{- else -}}
[]
{{- end -}}
{{- end -}}

{{- /* "true" where direct reports can work. */ -}}
{{- define "otto.reports" -}}
{{- if and .Values.reports.enabled (or (eq .Values.rbac.scope "Cluster") .Values.rbac.tokenReviews) -}}true{{- end -}}
{{- end -}}

{{- /* "true" where the policy of a Run's params can be made: it is of the whole cluster, and stable since 1.30. */ -}}
{{- define "otto.admission" -}}
{{- if and .Values.admissionPolicy.enabled (eq .Values.rbac.scope "Cluster") (semverCompare ">=1.30.0-0" .Capabilities.KubeVersion.Version) -}}true{{- end -}}
{{- end -}}

{{- /* Where stages report: by the Service's name, or its address where stages may have no DNS. */ -}}
{{- define "otto.reportUrl" -}}
{{- $host := default (printf "%s-reports.%s.svc" (include "otto.name" .) .Release.Namespace) .Values.reports.clusterIP -}}
{{- if contains ":" $host }}{{ $host = printf "[%s]" $host }}{{ end -}}
{{- default (printf "https://%s:8443/v1/report" $host) .Values.reports.url -}}
{{- end -}}

{{- /* What the operator does in the namespaces of the Runs; the file that does it stands beside it. */ -}}
{{- define "otto.workRules" -}}
# src/operator/caches.ts, plan-store.ts
- apiGroups: [otto.dev]
  resources: [runs, pipelines]
  verbs: [get, list, watch]
# src/kube/patch-status.ts
- apiGroups: [otto.dev]
  resources: [runs/status, pipelines/status]
  verbs: [patch]
# src/operator/run/execute.ts: a finished Run whose time to live is over.
- apiGroups: [otto.dev]
  resources: [runs]
  verbs: [delete]
# blockOwnerDeletion in the pods' owner references asks for it where the API server enforces that.
- apiGroups: [otto.dev]
  resources: [runs/finalizers]
  verbs: [update]
# src/operator/run/execute.ts, gather.ts, src/operator/caches.ts
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, create, patch, delete]
# src/operator/plan-store.ts: a frozen plan is written once and never changed.
- apiGroups: [apps]
  resources: [controllerrevisions]
  verbs: [get, create]
# src/kube/events.ts; src/operator/pod-warnings.ts reads why a pod does not start.
- apiGroups: [""]
  resources: [events]
  verbs: [list, create, patch]
{{- end -}}
