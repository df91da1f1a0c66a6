"""A member that takes more than its transfer needs, or for somewhere else: rate and destination."""
from lying import *


def network(net):
    tolls_network(net, 29)


def test_another_destination_is_served_nothing(net):
    """DS-51: destination. A running transfer, asked for by another member: nothing goes there, and it goes on to its own consumer."""
    i, o, t = net.nodes["insurer"], net.nodes["overseas"], net.nodes["transport"]
    out = os.path.join(net.dir, "destination.csv")
    id = i.hufu("fetch", net.tolls, "--system", "claims", "--output", out, "--detach", as_="chen")["transfer"]
    workflow.wait_durable(i, "chen", id)
    o.stop()
    answers = set(speak(net, o, "greedy", id, "0", "20").split())
    o.start()
    o.login("admin")
    check(answers == {"unknown"}, f"not a byte for another destination: {answers}")
    i.hufu("transfers", "wait", id, as_="chen")
    check(same_file(out, net.big_source), "its own consumer has it all")


def test_the_same_chunk_again_and_again_is_an_anomaly(net):
    """DS-51: rate"""
    answer, id = lie(net, "rate.csv", lambda id: ("greedy", id, "250", "3000"))
    answers = answer.split()
    check(answers[-1] == "limit" and set(answers) == {"ok", "limit"}, f"served for a while, then stopped: {answers[-3:]}")
    check(len(answers) < 2999, f"{len(answers)} answers")
    stopped(net, id)
