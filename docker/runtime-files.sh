# What the image needs of its base, in the folder given: `root`, and `owned` by Sluice's user. Runs during the build.
set -eu
root=$1/root
mkdir -p "$root/usr/local/bin" "$root/etc" "$root/var/lib/dpkg/status.d" "$1/owned"
mkdir -m 1777 "$root/tmp"
mkdir -m 700 "$1/owned/data"

node=$(command -v node)
cp -L "$node" "$root/usr/local/bin/node"
echo 'root:x:0:0:root:/:/nonexistent
node:x:1000:1000:node:/app/data:/nonexistent' >"$root/etc/passwd"
echo 'root:x:0:
node:x:1000:' >"$root/etc/group"

# Its libraries, where the loader looks for them, and the loader itself.
for library in $(ldd "$node" | sed -n 's/^.*[[:space:]]\(\/[^ ]*\) (0x.*$/\1/p'); do
  mkdir -p "$root${library%/*}"
  cp -L "$library" "$root$library"
  # Scanners find the packages to check here, as in other images without a package manager; licences belong to them.
  package=$(dpkg-query --search "*/${library##*/}" | sed 's/[:,].*//' | head -n 1)
  [ -n "$package" ] || { echo "no package of this base has $library" >&2; exit 1; }
  dpkg-query --status "$package" >"$root/var/lib/dpkg/status.d/$package"
  mkdir -p "$root/usr/share/doc/$package"
  cp -L "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/"
done
cp -L /etc/os-release "$root/etc/os-release"
