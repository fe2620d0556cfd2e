#!/bin/bash
# README's lines for job arrays, run as they stand: GNU parallel, Slurm if it is there, and a plain loop.
#
#     scripts/parallel.sh [ROWS]
#
# Against `gradient mock` on loopback; prints what each came to, status 1 if a row is missing or doubled.
# `-S a,b,c,d` of the parallel line is left out: there is one machine here.
set -u
gradient=${GRADIENT:-$(dirname "$0")/../.venv/bin/gradient}
gradient=$(realpath "$gradient"); rows=${1:-400}
work=$(mktemp -d); cd "$work" || exit 2
export HOME=$work GRADIENT_MODEL=any PATH="$(dirname "$gradient"):$PATH"
mkfifo address
"$gradient" mock --port 0 --quiet --reply '{{ prompt }}' > address 2> mock.log & mock=$!
trap 'kill $mock; rm -rf "$work"' EXIT
read -r GRADIENT_INFERENCE_ENDPOINT < address
export GRADIENT_INFERENCE_ENDPOINT
seq "$rows" | sed 's/^/review /' > reviews.txt
bad=0

judge() {
  local lines ids
  lines=$(cat out.[1-8].jsonl | wc -l)
  ids=$(cat out.[1-8].jsonl | grep -o '^{"id":[0-9]*' | sort -u | wc -l)
  answered=$(gradient batch table -i reviews.txt -o out.[1-8].jsonl --csv 2> notes | grep -c ',true,$')
  if [ "$lines" = "$rows" ] && [ "$ids" = "$rows" ] && [ "$answered" = "$rows" ]; then
    echo "ok: $1: $lines lines, $ids rows, $answered answers in the table"
  else
    echo "WRONG: $1: $lines lines, $ids rows, $answered answers of $rows; $(cat notes)"; bad=1
  fi
  rm -f out.*
}

if command -v parallel > /dev/null; then
  parallel --will-cite 'gradient batch run "sentiment" -i reviews.txt -o out.{}.jsonl --shard {}/8 -q' ::: 1 2 3 4 5 6 7 8
  judge "GNU parallel"
else
  echo "skipped: GNU parallel is not installed"
fi

if command -v sbatch > /dev/null && sinfo > /dev/null 2>&1; then
  cat > job.sh <<'JOB'
#!/bin/bash
gradient batch run "sentiment" -i reviews.txt -o "out.$SLURM_ARRAY_TASK_ID.jsonl" --shard "$SLURM_ARRAY_TASK_ID/8"
JOB
  sbatch --wait --array=1-8 job.sh > /dev/null
  judge "Slurm"
else
  echo "skipped: Slurm is not running here"
fi

for JOB_COMPLETION_INDEX in 0 1 2 3 4 5 6 7; do
  shard=$((JOB_COMPLETION_INDEX + 1))
  gradient batch run "sentiment" -i reviews.txt -o "out.$shard.jsonl" --shard "$shard/8" -q
done
judge "one after the other, as indexed jobs count"
exit $bad
