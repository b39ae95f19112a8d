# sh docker/make-secrets.sh
# Creates the secrets of the compose files in docker/secrets, unless they exist. Containers read them as users of their own;
# on this machine, the folder is closed to others.
set -eu
folder=$(dirname "$0")/secrets
mkdir -p "$folder"
# Also one that was there.
chmod 700 "$folder"
umask 022
for name in admin_token postgres_password grafana_password valkey_password; do
  file=$folder/$name
  [ -s "$file" ] && continue
  secret=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
  # A shell sees the failure of the last program only.
  [ ${#secret} -eq 48 ] || { echo "no random bytes for $file" >&2; exit 1; }
  printf %s "$secret" >"$file"
done
