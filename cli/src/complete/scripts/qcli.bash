# Completion of qcli in bash: `source <(qcli completion bash)`.
# All of it happens in the program, so this never grows old.
_qcli() {
    local qcli=$1 line
    type -P "$qcli" >/dev/null || qcli=qcli
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <("$qcli" complete bash "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
# The program itself says where a space follows.
complete -o nospace -F _qcli qcli
