# Completion of qcli in fish: `qcli completion fish | source`.
# All of it happens in the program, so this never grows old.
function __qcli_complete
    qcli complete fish (commandline -cp | string collect) 2>/dev/null
end
complete -c qcli -e
complete -c qcli -f -k -a '(__qcli_complete)'
