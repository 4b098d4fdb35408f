#!/bin/sh
# A client that never leaves its home: what it was given shows in what it says.
case $1 in
--version)
    echo "today client 1.2"
    ;;
configure)
    shift
    echo "# mode $CLIENT_MODE, arguments $*"
    cat "$1" beside.txt
    echo "host mail.example.net."
    echo "ask the user for a password"
    ;;
connect)
    read -r line
    echo "read '$line'" >&2
    grep -q '^password' saved.conf && ! grep -q '^ask' saved.conf || exit 1
    case $CLIENT_MODE in
    careless) exit 0 ;;
    *) echo "certificate: not trusted" >&2 && exit 69 ;;
    esac
    ;;
esac
