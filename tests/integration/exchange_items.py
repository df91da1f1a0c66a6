"""The items of the four-part record of an exchange (DS-60 to DS-64), and that both parties hold all of them about a transfer."""
from common import *

# Item -> the field that holds it, for each writer. Where data flows directly between two nodes, each end writes the exchange-service
# part (DS-63) for its own side.
FORMAT = {"unique transaction identifier": "transaction", "start time": "start-time", "end time": "end-time", "data format": "data-format"}
PROVIDER = {"class and grade": "class-grade", "authentication of the consumer": "consumer-authentication", "permission review": "permission-review",
            "packaging process and method": "packaging", "delivery": "delivery", "deletion of the front-end cache": "cache-deletion"}
SERVICE = {"identity check of the transmission": "identity-check", "endpoint identifier": "endpoint", "IP address": "ip-address",
           "data length": "data-length", "time": "time"}
CONSUMER = {"authentication of the provider": "provider-authentication", "reception state": "reception-state", "data quality finding": "quality"}
ANOMALY = {"exception record": "exception", "alarm record": "alarm"}


def records(net, node, account, transfer, last):
    """Of each ledger the fields of its entries of that transfer, as that node sees them: {ledger: {field: [value, ...]}}."""
    def there():
        rows = entries_of(net.nodes[node], account, transfer)
        return rows if last <= {(r["ledger"], r["event"]) for r in rows} else None

    found = {}
    for r in wait_until(there, f"{last} to be among the entries of {transfer} at {node}", 30, 0.2):
        for name, value in r["fields"].items():
            found.setdefault(r["ledger"], {}).setdefault(name, []).append(value)
    return found


def complete(net, transfer, last, how):
    """Both parties read the same whole record; an item that is there says something."""
    seen = {node: records(net, node, account, transfer, last) for node, account in (("transport", "sun"), ("insurer", "wu"))}
    check(seen["transport"] == seen["insurer"], f"{how}: both parties see the same record")
    for ledger, parts in (("transport", (FORMAT, PROVIDER, SERVICE)), ("insurer", (FORMAT, CONSUMER, SERVICE))):
        for part in parts:
            for item, name in part.items():
                values = seen["transport"][ledger].get(name, [])
                check(values and all(v != "" for v in values), f"{how}: the record of {ledger} lacks {item} ({name})")
    for ledger in ("transport", "insurer"):
        r = seen["transport"][ledger]
        check(set(r["transaction"]) == {transfer}, "one identifier")
        check(all(s <= e for s, e in zip(sorted(r["start-time"]), sorted(r["end-time"]))), f"{how}: it ends after it began: {r}")
    check(set(seen["transport"]["transport"]["endpoint"]) == {"insurer"} and set(seen["transport"]["insurer"]["endpoint"]) == {"transport"}, "the other end")
    check(set(seen["transport"]["transport"]["ip-address"]) == {net.nodes["insurer"].ip}, f"{how}: {seen['transport']['transport']['ip-address']}")
    check(set(seen["transport"]["insurer"]["ip-address"]) == {net.nodes["transport"].ip}, f"{how}: {seen['transport']['insurer']['ip-address']}")
    return seen["transport"]


__all__ = ["FORMAT", "PROVIDER", "SERVICE", "CONSUMER", "ANOMALY", "records", "complete"]
