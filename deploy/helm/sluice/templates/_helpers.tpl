{{- define "sluice.labels" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sluice.several" -}}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicas) 1) -}}true{{- end -}}
{{- end -}}

{{- define "sluice.check" -}}
{{- if include "sluice.several" . -}}
{{- if not .Values.database.enabled -}}
{{- fail "several replicas need PostgreSQL: set database.enabled, or replicas: 1 without autoscaling" -}}
{{- end -}}
{{- if not (or .Values.redis.enabled .Values.redis.localLimits) -}}
{{- fail "several replicas need Redis to share limits: set redis.enabled, or redis.localLimits if each may admit every limit" -}}
{{- end -}}
{{- end -}}
{{- end -}}
