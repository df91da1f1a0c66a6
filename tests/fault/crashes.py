"""Killing nodes and starting them again, for tests that do it many times. net.who says as whom each node is asked, net.sessions who is
logged in since when: sessions do not outlive a node, and to hash a password takes longer than its restart."""
from common import *


def people(net, who, accounts):
    """After the nodes' staff has come: {node: account} to ask as, {node: accounts} who are logged in."""
    net.who, net.sessions = who, {(n, a): net.nodes[n].pid for n in accounts for a in accounts[n]}


def person(node, account):
    """Logged in since the node was started."""
    if node.net.sessions.get((node.id, account)) != node.pid:
        node.login(account)
        node.net.sessions[(node.id, account)] = node.pid
    return account


def get(node, path):
    return node.api("GET", path, None, as_=person(node, node.net.who[node.id]))[1]


def show(node, path):
    """None while it is unknown there."""
    status, answer = node.api("GET", path, None, as_=person(node, node.net.who[node.id]), check_status=False)
    return answer if status == 200 else None


def say(node, account, path, body):
    return node.api("POST", path, body, as_=person(node, account))[1]


def crash(net, *names):
    """SIGKILL of all of them, then they are started."""
    for name in names:
        net.nodes[name].kill()
    back(net, *names)


def back(net, *names):
    for name in names:
        net.nodes[name].start()


def quiet(net, nodes):
    """Nothing is under way between these nodes."""
    def empty():
        return all(p["outbox"] == 0 for n in nodes for p in get(net.nodes[n], "/v1/peers")["peers"] if p["id"] in nodes)

    wait_until(lambda: empty() and empty() and empty(), f"the mail between {', '.join(nodes)} to be delivered", 60, 0)
