#!/bin/sh
# Write .env from .env.example with a fresh secret in each place that says how to generate one.
#
# Never overwrites an .env. Prints the names that are left for a person to fill in.
set -eu
umask 077
cd "$(dirname "$0")/.."
if [ -e .env ]; then
    echo ".env exists already; remove it first if every secret is to be made anew." >&2
    exit 1
fi
draft=$(mktemp .env.XXXXXX)
trap 'rm -f "$draft"' EXIT
command=
while IFS= read -r line; do
    case $line in
        "# generate: "*) command=${line#"# generate: "} ;;
        [A-Z]*=)
            if [ -n "$command" ]; then
                secret=$(sh -c "$command")
                [ -n "$secret" ] || { echo "'$command' printed nothing" >&2; exit 1; }
                line=$line$secret
            fi
            command=
            ;;
    esac
    printf '%s\n' "$line"
done < .env.example > "$draft"
mv "$draft" .env
echo "Wrote .env. Fill in:" $(sed -n 's/^\([A-Z_]*\)=$/\1/p' .env)
