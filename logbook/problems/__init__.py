"""The ledger: problems, undertakings, directives. It knows their source only as (kind, id, label)."""
