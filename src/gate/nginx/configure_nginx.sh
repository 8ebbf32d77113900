#!/bin/bash
# Makes the two headers that nginx-dev does not ship, by running nginx's own configure with the flags of the
# distribution's build: configure_nginx.sh <nginx source> <work folder> <ngx_auto_config.h> <ngx_auto_headers.h>
set -euo pipefail
source_dir=$1 work=$2 config=$3 headers=$4

mkdir -p "$work"
for name in auto src configure; do
	ln -sfn "$source_dir/$name" "$work/$name"
done
# conf_flags defines the array NGX_CONF_FLAGS
. "$source_dir/conf_flags"
(cd "$work" && ./configure "${NGX_CONF_FLAGS[@]}") > "$work/configure.log" 2>&1 || {
	tail -20 "$work/configure.log" >&2
	exit 1
}
cp "$work/objs/ngx_auto_config.h" "$config"
cp "$work/objs/ngx_auto_headers.h" "$headers"
