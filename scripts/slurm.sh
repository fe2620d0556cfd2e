#!/bin/bash
# Run a command beside a Slurm of one node, which begins for it and ends with it.
#
#     scripts/slurm.sh COMMAND...
#
# Needs munged, slurmctld and slurmd (Debian: slurm-wlm); what they write is in a temporary folder.
# The node says that it has 8 processors, whatever it has: the tasks of an array then run at once.
set -u
for program in munged slurmctld slurmd sinfo; do
  command -v "$program" > /dev/null || PATH=$PATH:/usr/sbin
  command -v "$program" > /dev/null || { echo "slurm.sh: $program is not installed" >&2; exit 2; }
done
home=$(mktemp -d); chmod 755 "$home"
host=$(hostname -s)
started=()
end() {
  for ((n = ${#started[@]} - 1; n >= 0; n--)); do kill "${started[n]}"; wait "${started[n]}"; done 2> /dev/null
  rm -rf "$home"
}
trap end EXIT
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

head -c 1024 /dev/urandom > "$home/munge.key"; chmod 400 "$home/munge.key"
cat > "$home/slurm.conf" << CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free)
SlurmdPort=$(free)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$home/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SchedulerType=sched/builtin
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool
SlurmctldPidFile=$home/slurmctld.pid
SlurmdPidFile=$home/slurmd.pid
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
# Older ones have no such word, and do without control groups where nothing asks for them.
version=$(slurmd -V | grep -o '[0-9]*\.[0-9]*' | head -n 1)
if printf '23.11\n%s\n' "$version" | sort -VC; then echo "CgroupPlugin=disabled"; fi > "$home/cgroup.conf"
mkdir "$home/state" "$home/spool"
export SLURM_CONF=$home/slurm.conf

munged --foreground --force --key-file="$home/munge.key" --socket="$home/munge" --pid-file="$home/munged.pid" \
  --log-file="$home/munged.log" --seed-file="$home/munged.seed" > "$home/munged.out" 2>&1 & started+=($!)
for _ in {1..50}; do [ -S "$home/munge" ] && break; sleep 0.1; done
slurmctld -D > "$home/slurmctld.log" 2>&1 & started+=($!)
slurmd -D -N "$host" > "$home/slurmd.log" 2>&1 & started+=($!)
for _ in {1..150}; do sinfo -h -o %t 2> /dev/null | grep -q idle && break; sleep 0.2; done
if ! sinfo -h -o %t 2> /dev/null | grep -q idle; then
  echo "slurm.sh: the node does not come up" >&2
  tail -n 5 "$home"/{munged.out,slurmctld.log,slurmd.log} >&2
  exit 2
fi
"$@"
