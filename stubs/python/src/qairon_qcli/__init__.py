"""The command line for automation in Python: `qairon_qcli.controllers`, over gRPC.

Resources, fields, relations and methods come from the descriptors of the API.
"""
