#compdef qcli
# Completion of qcli in zsh: `source <(qcli completion zsh)`, or as a file `_qcli` in a directory of fpath.
# All of it happens in the program, so this never grows old.
_qcli() {
    local qcli=${(Q)words[1]} line
    local -a answer whole whole_shown part part_shown fields
    whence -p -- "$qcli" >/dev/null || qcli=qcli
    answer=("${(@f)$("$qcli" complete zsh "$LBUFFER" "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    for line in "${answer[@]}"; do
        fields=("${(@ps:\t:)line}")
        case ${fields[1]} in
            whole) whole+=("${fields[2]}"); whole_shown+=("${fields[3]}") ;;
            part) part+=("${fields[2]}"); part_shown+=("${fields[3]}") ;;
        esac
    done
    # With a space after complete words, and none after partial ones.
    (( ${#whole} )) && compadd -l -d whole_shown -a whole
    (( ${#part} )) && compadd -l -S '' -d part_shown -a part
    (( ${#whole} + ${#part} ))
}
if [[ ${funcstack[1]} == _qcli ]]; then
    _qcli "$@"
else
    (( ${+functions[compdef]} )) || { autoload -Uz compinit && compinit }
    compdef _qcli qcli
fi
