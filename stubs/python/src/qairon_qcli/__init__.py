"""What automation in Python knows of the command line: `qairon_qcli.controllers`, over gRPC.

Resources, fields, relations and methods come from the descriptors of the API.
"""
