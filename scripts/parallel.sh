#!/bin/bash
# The lines of docs/batch.md for job arrays, run as they stand there, all shards at one limit.
#
#     scripts/parallel.sh [--rows 900] [--per-minute 600] [slurm|parallel|indexed]...
#
# Against `gradient mock` on loopback. Prints what each came to; status 1 if a row is missing or
# doubled, a shard did not end with 0, more than 8 % was refused, or it took more than 1.25 of
# the time that the limit asks for. Slurm begins here for it (slurm.sh) unless one is running.
# The machines a, b, c and d of GNU parallel are this one: its `ssh` is a shell.
set -u
here=$(realpath "$(dirname "$0")")
gradient=$(realpath "${GRADIENT:-$here/../.venv/bin/gradient}")
rows=900 per_minute=600 ways=()
while [ $# -gt 0 ]; do
  case $1 in
    --rows) rows=$2; shift 2 ;;
    --per-minute) per_minute=$2; shift 2 ;;
    slurm | parallel | indexed) ways+=("$1"); shift ;;
    *) sed -n '4p' "$0" >&2; exit 2 ;;
  esac
done
[ ${#ways[@]} -gt 0 ] || ways=(slurm parallel indexed)

line() { # the command below a comment of the page
  awk -v title="$1" 'found { print; exit } index($0, "# " title) == 1 { found = 1 }' "$here/../docs/batch.md"
}

work=$(mktemp -d); chmod 755 "$work"; mkdir "$work/bin" "$work/labels"; cd "$work/labels" || exit 2
mock=
trap '[ -n "$mock" ] && kill $mock; rm -rf "$work"' EXIT
export SHELL=${SHELL:-/bin/bash} USER=${USER:-$(id -un)}
export HOME=$work GRADIENT_MODEL=any PATH="$work/bin:$(dirname "$gradient"):$PATH"
cat > "$work/bin/ssh" <<'SSH'
#!/bin/bash
while [[ $1 == -* ]]; do if [[ $1 == -[lop] ]]; then shift; fi; shift; done
shift; if [ "$1" = -- ]; then shift; fi
cd && exec bash -c "$*"
SSH
chmod +x "$work/bin/ssh"
seq "$rows" | sed 's/^/review /' > reviews.txt
bad=0

begin() {
  rm -f out.*; : > mock.log; mkfifo address
  gradient mock --port 0 --reply '{{ prompt }}' --limit-per-minute "$per_minute" --delay 0.05 > address 2> mock.log & mock=$!
  read -r GRADIENT_INFERENCE_ENDPOINT < address; rm address
  export GRADIENT_INFERENCE_ENDPOINT
}

watch() { # the seconds from the first request to the last row; `sbatch --wait` looks but every few
  local first= last
  "$@" > said 2>&1 & local job=$!
  while [ -z "$first" ] && kill -0 $job 2> /dev/null; do [ -s mock.log ] && first=$(date +%s.%N); sleep 0.02; done
  wait $job; status=$?
  last=$(stat -c %.Y out.?.jsonl 2> /dev/null | sort -n | tail -n 1)
  took=$(echo "${last:-0} ${first:-0}" | awk '{ printf "%.1f", $1 - $2 }')
}

judge() {
  kill $mock; wait $mock 2> /dev/null; mock=
  local lines ids answered refused verdict
  lines=$(cat out.?.jsonl | wc -l)
  ids=$(cat out.?.jsonl | grep -o '^{"id":[0-9]*' | sort -u | wc -l)
  answered=$(gradient batch table -i reviews.txt -o out.?.jsonl --csv 2> notes | grep -c ',true,$')
  refused=$(grep -c '/v1/responses 429 ' mock.log)
  verdict=$(awk -v t="$took" -v r="$refused" -v n="$rows" -v m="$per_minute" -v most=1.25 'BEGIN {
    ideal = n > m ? (n - m) * 60 / m : 0; part = r / (r + n); times = ideal ? t / ideal : 0
    printf "%.1f %% refused, %.1f s, %.2f of the ideal", 100 * part, t, times
    exit part > 0.08 || times > most }') || status="$status, beyond a bound"
  if [ "$status $lines $ids $answered" = "0 $rows $rows $rows" ]; then
    echo "ok: $1: $lines lines, $answered rows answered, every status 0; $verdict"
  else
    echo "WRONG: $1: $lines lines, $ids rows, $answered answers of $rows, status $status; $verdict"
    cat notes; cut -c 1-200 said; bad=1
  fi
}

slurm() {
  begin
  local script; script=$(line "Slurm")
  watch bash -c "${script/sbatch/sbatch --wait}"
  cat slurm-*.out 2> /dev/null | tail -n 3 >> said; rm -f slurm-*.out
  judge "Slurm"
}

parallel_() {
  begin
  mkdir "$HOME/.parallel"; touch "$HOME/.parallel/will-cite"
  local script; script=$(line "GNU parallel")
  watch bash -c "$script"
  judge "GNU parallel"
}

indexed() { # as eight pods of one Job, at once
  begin
  local script; script=$(line "Kubernetes")
  export script
  watch bash -c 'for n in 0 1 2 3 4 5 6 7; do JOB_COMPLETION_INDEX=$n bash -c "$script" & pods="${pods-} $!"; done
    for pod in $pods; do wait "$pod" || failed=1; done; exit ${failed:-0}'
  judge "Indexed jobs"
}

for way in "${ways[@]}"; do
  case $way in
    slurm)
      if ! command -v sbatch > /dev/null; then echo "skipped: Slurm is not installed"; continue; fi
      if sinfo > /dev/null 2>&1; then slurm; continue; fi
      "$here/slurm.sh" "$here/parallel.sh" --rows "$rows" --per-minute "$per_minute" slurm || bad=1 ;;
    parallel)
      if command -v parallel > /dev/null; then parallel_; else echo "skipped: GNU parallel is not installed"; fi ;;
    indexed) indexed ;;
  esac
done
exit $bad
