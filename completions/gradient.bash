# bash completion for gradient. Written by scripts/generate.py; do not edit.
# Source it, or copy it to ~/.local/share/bash-completion/completions/gradient

# Offer the words that begin like the one typed; nothing is forked.
_gradient_words() {
    local candidate
    for candidate in "$@"; do
        [[ $candidate == "$word"* ]] && COMPREPLY[${#COMPREPLY[@]}]=$candidate
    done
}

# Let readline offer file names, or folders with "dirnames".
_gradient_files() {
    type compopt >/dev/null 2>&1 && compopt -o "${1:-default}"
}

# Offer the profiles of the settings file.
_gradient_profiles() {
    local line file=${GRADIENT_CONFIG:-${XDG_CONFIG_HOME:-$HOME/.config}/gradient-cli/config.toml}
    [[ -r $file ]] || file="$HOME/Library/Application Support/gradient-cli/config.toml"
    _gradient_words demo
    [[ -r $file ]] || return 0
    while IFS= read -r line; do
        [[ $line =~ ^\[profiles\.([A-Za-z0-9_-]+)\] ]] && _gradient_words "${BASH_REMATCH[1]}"
    done <"$file"
    return 0
}

# Offer the models that `gradient models` has left a list of.
_gradient_models() {
    local line file=${XDG_CONFIG_HOME:-$HOME/.config}/gradient-cli/models.txt
    [[ -r $file ]] || file="$HOME/Library/Application Support/gradient-cli/models.txt"
    [[ -r $file ]] || return 0
    while IFS= read -r line; do
        _gradient_words "$line"
    done <"$file"
    return 0
}

_gradient() {
    local IFS=$' \t\n' word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    local path= only_arguments= i
    COMPREPLY=()
    if [[ $word == = ]]; then
        word=
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} == -- ]] && only_arguments=1
        case $path:${COMP_WORDS[i]} in
            ":respond") path="respond" ;;
            ":decide") path="decide" ;;
            ":check") path="check" ;;
            ":batch") path="batch" ;;
            ":thread") path="thread" ;;
            ":models") path="models" ;;
            ":auth") path="auth" ;;
            ":config") path="config" ;;
            ":doctor") path="doctor" ;;
            ":mock") path="mock" ;;
            ":completions") path="completions" ;;
            ":help") path="help" ;;
            "batch:run") path="batch run" ;;
            "batch:summary") path="batch summary" ;;
            "batch:table") path="batch table" ;;
            "batch:submit") path="batch submit" ;;
            "batch:status") path="batch status" ;;
            "batch:fetch") path="batch fetch" ;;
            "batch:cancel") path="batch cancel" ;;
            "auth:login") path="auth login" ;;
            "auth:status") path="auth status" ;;
            "auth:logout") path="auth logout" ;;
            "config:path") path="config path" ;;
            "config:show") path="config show" ;;
            "config:set") path="config set" ;;
            "config:unset") path="config unset" ;;
        esac
    done
    case $path in
        "")
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -h --help -V --version
            else
                _gradient_words respond decide check batch thread models auth config doctor mock completions help
            fi
            ;;
        "respond")
            [[ $only_arguments ]] || case $previous in
                -f|--file) _gradient_files; return 0 ;;
                -s|--system|--instructions) return 0 ;;
                --var) return 0 ;;
                --prompt-file) _gradient_files; return 0 ;;
                --thread) _gradient_files; return 0 ;;
                --tool-output) return 0 ;;
                --tool-output-file) _gradient_files; return 0 ;;
                -m|--model) _gradient_models; return 0 ;;
                --max-output-tokens|--max-tokens) return 0 ;;
                --temperature) return 0 ;;
                --top-p) return 0 ;;
                --stop) return 0 ;;
                --metadata) return 0 ;;
                --user) return 0 ;;
                --modality) _gradient_words text; return 0 ;;
                --tool) _gradient_files; return 0 ;;
                --tool-choice) _gradient_words none auto required; return 0 ;;
                --reasoning-effort) _gradient_words none low medium high max; return 0 ;;
                --previous-response-id) return 0 ;;
                --param) return 0 ;;
                --body) _gradient_files; return 0 ;;
                --format) _gradient_words auto text markdown json events; return 0 ;;
                -o|--output) _gradient_files; return 0 ;;
                --color) _gradient_words auto always never; return 0 ;;
                --expect) return 0 ;;
                --expect-re) return 0 ;;
                --reject) return 0 ;;
                --reject-re) return 0 ;;
                --expect-call) return 0 ;;
                --expect-source) return 0 ;;
                --one-of) return 0 ;;
                --extract-lang) return 0 ;;
                --schema) _gradient_files; return 0 ;;
                --think-tags) _gradient_words split keep; return 0 ;;
                --repair) return 0 ;;
                --sure) return 0 ;;
                --votes) return 0 ;;
                --timeout) return 0 ;;
                --max-time) return 0 ;;
                --retries) return 0 ;;
                --base-url) return 0 ;;
                --proxy) return 0 ;;
                --ca-bundle) _gradient_files; return 0 ;;
                -p|--profile) _gradient_profiles; return 0 ;;
                --key-file) _gradient_files; return 0 ;;
                --record) _gradient_files dirnames; return 0 ;;
                --replay) _gradient_files dirnames; return 0 ;;
                --run-tool) return 0 ;;
                --tool-timeout) return 0 ;;
                --max-tool-calls) return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -f --file -s --system --instructions --var --prompt-file --no-stdin --thread --tool-output --tool-output-file -m --model --max-output-tokens --max-tokens --temperature --top-p --stop --metadata --user --modality --parallel-tool-calls --no-parallel-tool-calls --tool --tool-choice --reasoning-effort --stream --no-stream --previous-response-id --param --body --format --json -o --output --whole -x --extract --show-reasoning --hide-reasoning -u --usage --no-usage -q --quiet -v --verbose --color --expect --expect-re --reject --reject-re --expect-call --expect-source --one-of --extract-lang --extract-last --schema --send-schema --no-send-schema --allow-incomplete --allow-empty --allow-refusal --think-tags --repair --sure --votes --timeout --max-time --retries --base-url --proxy --ca-bundle -p --profile --key-file -n --dry-run --curl --record --replay --strict-replay --run-tool --tool-timeout --max-tool-calls --confirm -h --help
            else
                :
            fi
            ;;
        "decide")
            [[ $only_arguments ]] || case $previous in
                -f|--file) _gradient_files; return 0 ;;
                --expect) return 0 ;;
                --at-least) return 0 ;;
                --at-most) return 0 ;;
                --sure) return 0 ;;
                --timeout) return 0 ;;
                --max-time) return 0 ;;
                --retries) return 0 ;;
                --base-url) return 0 ;;
                --proxy) return 0 ;;
                --ca-bundle) _gradient_files; return 0 ;;
                -p|--profile) _gradient_profiles; return 0 ;;
                --key-file) _gradient_files; return 0 ;;
                --record) _gradient_files dirnames; return 0 ;;
                --replay) _gradient_files dirnames; return 0 ;;
                -m|--model) _gradient_models; return 0 ;;
                --one-of) return 0 ;;
                --one-of-file) return 0 ;;
                --scale) return 0 ;;
                --yes-means) return 0 ;;
                --no-means) return 0 ;;
                --ask) return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -f --file --no-stdin --json -q --quiet --expect --at-least --at-most --sure --timeout --max-time --retries --base-url --proxy --ca-bundle -p --profile --key-file -n --dry-run --curl --record --replay --strict-replay -m --model --one-of --one-of-file --scale --yes-means --no-means --ask -h --help
            else
                :
            fi
            ;;
        "check")
            [[ $only_arguments ]] || case $previous in
                -m|--model) _gradient_models; return 0 ;;
                --tool) _gradient_files; return 0 ;;
                --timeout) return 0 ;;
                --max-time) return 0 ;;
                --retries) return 0 ;;
                --base-url) return 0 ;;
                --proxy) return 0 ;;
                --ca-bundle) _gradient_files; return 0 ;;
                -p|--profile) _gradient_profiles; return 0 ;;
                --key-file) _gradient_files; return 0 ;;
                --record) _gradient_files dirnames; return 0 ;;
                --replay) _gradient_files dirnames; return 0 ;;
                -j|--jobs) return 0 ;;
                -k) return 0 ;;
                --tag) return 0 ;;
                --run-check) return 0 ;;
                --check-timeout) return 0 ;;
                --root) _gradient_files dirnames; return 0 ;;
                --repeat) return 0 ;;
                --require) return 0 ;;
                --max-total-tokens) return 0 ;;
                --precision) return 0 ;;
                --junit) _gradient_files; return 0 ;;
                --html) _gradient_files; return 0 ;;
                --json-lines) _gradient_files; return 0 ;;
                --color) _gradient_words auto always never; return 0 ;;
                --save) _gradient_files; return 0 ;;
                --baseline) _gradient_files; return 0 ;;
                --alpha) return 0 ;;
                --last-failed) _gradient_files; return 0 ;;
                --run-tool) return 0 ;;
                --tool-timeout) return 0 ;;
                --max-tool-calls) return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -m --model --tool --timeout --max-time --retries --base-url --proxy --ca-bundle -p --profile --key-file --record --replay --strict-replay -j --jobs -k --tag --run-check --check-timeout --root --repeat --require --fail-fast --unsure-fails --max-total-tokens --calibrate --precision --json --junit --html --json-lines --github --no-github --color -q --quiet -v --verbose --save --baseline --alpha --last-failed --run-tool --tool-timeout --max-tool-calls -h --help
            else
                _gradient_files
            fi
            ;;
        "batch")
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -h --help
            else
                _gradient_words run summary table submit status fetch cancel
            fi
            ;;
        "batch run")
            [[ $only_arguments ]] || case $previous in
                -i|--items) _gradient_files; return 0 ;;
                --each-file) _gradient_files; return 0 ;;
                --prompt-file) _gradient_files; return 0 ;;
                -s|--system|--instructions) return 0 ;;
                --var) return 0 ;;
                -f|--file) _gradient_files; return 0 ;;
                --shard) return 0 ;;
                --limit) return 0 ;;
                -m|--model) _gradient_models; return 0 ;;
                --max-output-tokens|--max-tokens) return 0 ;;
                --temperature) return 0 ;;
                --top-p) return 0 ;;
                --stop) return 0 ;;
                --metadata) return 0 ;;
                --user) return 0 ;;
                --modality) _gradient_words text; return 0 ;;
                --tool) _gradient_files; return 0 ;;
                --tool-choice) _gradient_words none auto required; return 0 ;;
                --reasoning-effort) _gradient_words none low medium high max; return 0 ;;
                --previous-response-id) return 0 ;;
                --param) return 0 ;;
                --body) _gradient_files; return 0 ;;
                -o|--output) _gradient_files; return 0 ;;
                -j|--jobs) return 0 ;;
                --max-total-tokens) return 0 ;;
                --max-failures) return 0 ;;
                --expect) return 0 ;;
                --expect-re) return 0 ;;
                --reject) return 0 ;;
                --reject-re) return 0 ;;
                --expect-call) return 0 ;;
                --expect-source) return 0 ;;
                --one-of) return 0 ;;
                --extract-lang) return 0 ;;
                --schema) _gradient_files; return 0 ;;
                --think-tags) _gradient_words split keep; return 0 ;;
                --repair) return 0 ;;
                --timeout) return 0 ;;
                --max-time) return 0 ;;
                --retries) return 0 ;;
                --base-url) return 0 ;;
                --proxy) return 0 ;;
                --ca-bundle) _gradient_files; return 0 ;;
                -p|--profile) _gradient_profiles; return 0 ;;
                --key-file) _gradient_files; return 0 ;;
                --record) _gradient_files dirnames; return 0 ;;
                --replay) _gradient_files dirnames; return 0 ;;
                --decide) return 0 ;;
                --one-of-file) return 0 ;;
                --scale) return 0 ;;
                --yes-means) return 0 ;;
                --no-means) return 0 ;;
                --at-least) return 0 ;;
                --at-most) return 0 ;;
                --sure) return 0 ;;
                --run-tool) return 0 ;;
                --tool-timeout) return 0 ;;
                --max-tool-calls) return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -i --items --each-file --lines --csv --tsv --jsonl --allow-no-items --prompt-file -s --system --instructions --var -f --file --shard --limit -m --model --max-output-tokens --max-tokens --temperature --top-p --stop --metadata --user --modality --parallel-tool-calls --no-parallel-tool-calls --tool --tool-choice --reasoning-effort --stream --no-stream --previous-response-id --param --body -o --output -j --jobs --ordered --retry-failed --max-total-tokens --max-failures -x --extract --json -q --quiet -v --verbose --expect --expect-re --reject --reject-re --expect-call --expect-source --one-of --extract-lang --extract-last --schema --send-schema --no-send-schema --allow-incomplete --allow-empty --allow-refusal --think-tags --repair --timeout --max-time --retries --base-url --proxy --ca-bundle -p --profile --key-file -n --dry-run --record --replay --strict-replay --decide --one-of-file --scale --yes-means --no-means --at-least --at-most --sure --run-tool --tool-timeout --max-tool-calls -h --help
            else
                :
            fi
            ;;
        "batch summary")
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words --json -h --help
            else
                _gradient_files
            fi
            ;;
        "batch table")
            [[ $only_arguments ]] || case $previous in
                -i|--items) _gradient_files; return 0 ;;
                --each-file) _gradient_files; return 0 ;;
                --from) return 0 ;;
                -o|--output) _gradient_files; return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -i --items --each-file --from -o --output --csv --tsv --jsonl -q --quiet -h --help
            else
                _gradient_files
            fi
            ;;
        "batch submit")
            [[ $only_arguments ]] || case $previous in
                -i|--items) _gradient_files; return 0 ;;
                --each-file) _gradient_files; return 0 ;;
                --prompt-file) _gradient_files; return 0 ;;
                -s|--system|--instructions) return 0 ;;
                --var) return 0 ;;
                -f|--file) _gradient_files; return 0 ;;
                --shard) return 0 ;;
                --limit) return 0 ;;
                -m|--model) _gradient_models; return 0 ;;
                --max-output-tokens|--max-tokens) return 0 ;;
                --temperature) return 0 ;;
                --top-p) return 0 ;;
                --stop) return 0 ;;
                --metadata) return 0 ;;
                --user) return 0 ;;
                --modality) _gradient_words text; return 0 ;;
                --tool) _gradient_files; return 0 ;;
                --tool-choice) _gradient_words none auto required; return 0 ;;
                --reasoning-effort) _gradient_words none low medium high max; return 0 ;;
                --previous-response-id) return 0 ;;
                --param) return 0 ;;
                --body) _gradient_files; return 0 ;;
                -o|--output) _gradient_files; return 0 ;;
                --expect) return 0 ;;
                --expect-re) return 0 ;;
                --reject) return 0 ;;
                --reject-re) return 0 ;;
                --expect-call) return 0 ;;
                --expect-source) return 0 ;;
                --one-of) return 0 ;;
                --extract-lang) return 0 ;;
                --schema) _gradient_files; return 0 ;;
                --think-tags) _gradient_words split keep; return 0 ;;
                --repair) return 0 ;;
                --timeout) return 0 ;;
                --max-time) return 0 ;;
                --retries) return 0 ;;
                --base-url) return 0 ;;
                --proxy) return 0 ;;
                --ca-bundle) _gradient_files; return 0 ;;
                -p|--profile) _gradient_profiles; return 0 ;;
                --key-file) _gradient_files; return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -i --items --each-file --lines --csv --tsv --jsonl --allow-no-items --prompt-file -s --system --instructions --var -f --file --shard --limit -m --model --max-output-tokens --max-tokens --temperature --top-p --stop --metadata --user --modality --parallel-tool-calls --no-parallel-tool-calls --tool --tool-choice --reasoning-effort --stream --no-stream --previous-response-id --param --body -o --output -x --extract -q --quiet --expect --expect-re --reject --reject-re --expect-call --expect-source --one-of --extract-lang --extract-last --schema --send-schema --no-send-schema --allow-incomplete --allow-empty --allow-refusal --think-tags --repair --timeout --max-time --retries --base-url --proxy --ca-bundle -p --profile --key-file -n --dry-run -h --help
            else
                :
            fi
            ;;
        "batch status")
            [[ $only_arguments ]] || case $previous in
                -o|--output) _gradient_files; return 0 ;;
                --timeout) return 0 ;;
                --max-time) return 0 ;;
                --retries) return 0 ;;
                --base-url) return 0 ;;
                --proxy) return 0 ;;
                --ca-bundle) _gradient_files; return 0 ;;
                -p|--profile) _gradient_profiles; return 0 ;;
                --key-file) _gradient_files; return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -o --output --json -q --quiet --timeout --max-time --retries --base-url --proxy --ca-bundle -p --profile --key-file --wait -h --help
            else
                :
            fi
            ;;
        "batch fetch")
            [[ $only_arguments ]] || case $previous in
                -o|--output) _gradient_files; return 0 ;;
                --timeout) return 0 ;;
                --max-time) return 0 ;;
                --retries) return 0 ;;
                --base-url) return 0 ;;
                --proxy) return 0 ;;
                --ca-bundle) _gradient_files; return 0 ;;
                -p|--profile) _gradient_profiles; return 0 ;;
                --key-file) _gradient_files; return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -o --output --json -q --quiet --timeout --max-time --retries --base-url --proxy --ca-bundle -p --profile --key-file --wait -h --help
            else
                :
            fi
            ;;
        "batch cancel")
            [[ $only_arguments ]] || case $previous in
                -o|--output) _gradient_files; return 0 ;;
                --timeout) return 0 ;;
                --max-time) return 0 ;;
                --retries) return 0 ;;
                --base-url) return 0 ;;
                --proxy) return 0 ;;
                --ca-bundle) _gradient_files; return 0 ;;
                -p|--profile) _gradient_profiles; return 0 ;;
                --key-file) _gradient_files; return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -o --output --json -q --quiet --timeout --max-time --retries --base-url --proxy --ca-bundle -p --profile --key-file -h --help
            else
                :
            fi
            ;;
        "thread")
            [[ $only_arguments ]] || case $previous in
                -p|--profile) _gradient_profiles; return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -p --profile -h --help
            else
                _gradient_files
            fi
            ;;
        "models")
            [[ $only_arguments ]] || case $previous in
                --timeout) return 0 ;;
                --max-time) return 0 ;;
                --retries) return 0 ;;
                --base-url) return 0 ;;
                --proxy) return 0 ;;
                --ca-bundle) _gradient_files; return 0 ;;
                -p|--profile) _gradient_profiles; return 0 ;;
                --key-file) _gradient_files; return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words --timeout --max-time --retries --base-url --proxy --ca-bundle -p --profile --key-file --json -h --help
            else
                :
            fi
            ;;
        "auth")
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -h --help
            else
                _gradient_words login status logout
            fi
            ;;
        "auth login")
            [[ $only_arguments ]] || case $previous in
                -p|--profile) _gradient_profiles; return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -p --profile --with-key --check --no-check -h --help
            else
                :
            fi
            ;;
        "auth status")
            [[ $only_arguments ]] || case $previous in
                -p|--profile) _gradient_profiles; return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -p --profile --check --json -h --help
            else
                :
            fi
            ;;
        "auth logout")
            [[ $only_arguments ]] || case $previous in
                -p|--profile) _gradient_profiles; return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -p --profile -h --help
            else
                :
            fi
            ;;
        "config")
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -h --help
            else
                _gradient_words path show set unset
            fi
            ;;
        "config path")
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -h --help
            else
                :
            fi
            ;;
        "config show")
            [[ $only_arguments ]] || case $previous in
                -p|--profile) _gradient_profiles; return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -p --profile --json -h --help
            else
                :
            fi
            ;;
        "config set")
            [[ $only_arguments ]] || case $previous in
                -p|--profile) _gradient_profiles; return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -p --profile -h --help
            else
                _gradient_words allow_http base_url ca_bundle color decide_model format instructions key_command key_file max_answer_bytes max_input_bytes max_output_tokens max_time metadata modalities model parallel_tool_calls params profile proxy reasoning_effort retries show_reasoning stop stream temperature think_tags thread timeout tool_choice top_p usage user
            fi
            ;;
        "config unset")
            [[ $only_arguments ]] || case $previous in
                -p|--profile) _gradient_profiles; return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words -p --profile -h --help
            else
                _gradient_words allow_http base_url ca_bundle color decide_model format instructions key_command key_file max_answer_bytes max_input_bytes max_output_tokens max_time metadata modalities model parallel_tool_calls params profile proxy reasoning_effort retries show_reasoning stop stream temperature think_tags thread timeout tool_choice top_p usage user
            fi
            ;;
        "doctor")
            [[ $only_arguments ]] || case $previous in
                --timeout) return 0 ;;
                --max-time) return 0 ;;
                --retries) return 0 ;;
                --base-url) return 0 ;;
                --proxy) return 0 ;;
                --ca-bundle) _gradient_files; return 0 ;;
                -p|--profile) _gradient_profiles; return 0 ;;
                --key-file) _gradient_files; return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words --timeout --max-time --retries --base-url --proxy --ca-bundle -p --profile --key-file --json -h --help
            else
                :
            fi
            ;;
        "mock")
            [[ $only_arguments ]] || case $previous in
                --reply) return 0 ;;
                --script) _gradient_files; return 0 ;;
                --dialect) _gradient_words typed chunk; return 0 ;;
                --reasoning) return 0 ;;
                --call) return 0 ;;
                --odds) return 0 ;;
                --delay) return 0 ;;
                --first-token) return 0 ;;
                --token-delay) return 0 ;;
                --status) return 0 ;;
                --header) return 0 ;;
                --body) return 0 ;;
                --end) _gradient_words incomplete incomplete-vllm failed error cut reset close stall malformed done; return 0 ;;
                --after) return 0 ;;
                --times) return 0 ;;
                --port) return 0 ;;
                --host) return 0 ;;
                --key) return 0 ;;
                --limit-per-minute) return 0 ;;
            esac
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words --reply --script --dialect --reasoning --call --odds --delay --first-token --token-delay --loop --status --header --body --end --after --times --port --host --key --limit-per-minute -q --quiet -h --help
            else
                :
            fi
            ;;
        "completions")
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words --install -h --help
            else
                :
            fi
            ;;
        "help")
            if [[ ! $only_arguments && $word == -* ]]; then
                _gradient_words --json -h --help
            else
                _gradient_words respond decide check batch thread models auth config doctor mock completions help exit-status environment settings stdin formats threads tools completeness checks sure suite rows mock-script
            fi
            ;;
    esac
    return 0
}

# -o default where compopt is missing (bash 3.2): file names wherever nothing else fits.
if type compopt >/dev/null 2>&1; then
    complete -F _gradient gradient
else
    complete -o default -F _gradient gradient
fi
