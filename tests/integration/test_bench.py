"""Every command of hufu-bench still measures what it says: it ends well and prints its metrics with their baselines. No figure is judged;
--brief makes it small, and says so in what it prints."""
import json
import os

from common import *

LIMIT_S = 120  # of one of them on a busy machine; all together take half a minute on a quiet one
# Metric -> has a baseline of the same run, as in docs/performance.md. What needs programs that may be missing is left out.
METRICS = {
    "channel-rtt": {"throughput": True, "p50_us": True, "p99_us": True},
    "negotiate": {"p50_ms": True, "p99_ms": True, "per_s": True},
    "transfer": {"throughput": True, "rss_mib": False, "rss_32_mib": False, "first_row_ms": False, "resume_ms": False},
    "transfer-projected": {"throughput": True},
    "transfer-masked": {"throughput": True, "of_one_core": True, "added_ms": False},
    "ledger-append": {"entries_per_s": True, "entries_per_s_ratio": False, "p99_ms": False, "drafts_per_s": False},
    "ledger-latency": {"p50_ms": True, "p99_ms": True, "durable_p50_ms": False, "entries_per_s": False},
    "ledger-quorum": {"cosign_p50_ms": True, "mirror_p50_ms": True, "cosign_p99_ms": True, "mirror_p99_ms": True},
    "ledger-recover": {"entries_per_s": True},
    "ledger-trace": {"p50_ms": True, "p99_ms": False},
    "ledger-verify": {"entries_per_s": True, "proof_us": False, "proof_bytes": False},
    "catalog-sync": {"sync_s": True, "search_ms": False},
    "policy-decide": {**{f"p{p}_ns_{n}": True for p in (50, 99) for n in ("10k", "100k", "1m")},
                      **{f"{m}_ns_{n}": False for m in ("warm", "access") for n in ("10k", "100k", "1m")}, "growth_10k_to_1m": False},
    "policy-load": {"seconds_100k": True, "bytes_per_rule": False},
    "policy-update": {"visible_us": False, "visible_p50_us": False, "reader_pause_us": True},
    "policy-explain": {"p50_us": False, "p99_us": False},
    "authz-http": {"throughput": True, "read_only": True, "batched": True, "p99_ms": False},
    "fpe": {"values_per_s": True, "swap_or_not_per_s": False},
    "import-pg": {"throughput": True},
    "source-csv": {"gb_per_s": True},
    "detect": {"rows_per_s": True, "precision": False, "recall": False},
    "mask": {"rows_per_s": True, "rss_mib": False, "scaling_2": True},
    "evaluate": {"seconds": True},
    "related": {"dynamic_us": True, "static_us": True, "changed_ms": False},
    "footprint": {"idle_rss_mib": False, "start_ms": False, "binary_mib": False},
}
OPTIONAL = {"scp_ratio", "nginx_curl_ratio"}


def bench(net, *args):
    scratch = os.path.join(net.dir, "scratch")
    os.makedirs(scratch, exist_ok=True)
    r = hufunet.run([net.program("hufu-bench"), *args], {**net.environment(), "TMPDIR": scratch}, LIMIT_S)
    check(r.returncode == 0, f"hufu-bench {' '.join(args)}: status {r.returncode}: {r.stdout[-500:]}{r.stderr[-500:]}")
    check(os.listdir(scratch) == [], f"hufu-bench {' '.join(args)} leaves nothing behind: {os.listdir(scratch)}")
    return r.stdout


def good(r):
    """A number of its own, and one to compare it with where there is a baseline. What is the difference of two times may come out below 0."""
    return (r["value"] >= 0 or r["metric"].startswith("access_ns")) and r["unit"] is not None and ("baseline" not in r or (r["baseline"] and r["baseline_value"] > 0))


def test_every_bench_prints_its_metrics_and_their_baselines(net):
    names = [line.split()[0] for line in bench(net, "--list").splitlines()]
    check(sorted(names) == sorted(METRICS), f"each bench is in the table of this test: {set(names) ^ set(METRICS)}")
    for name in names:
        out = json.loads(bench(net, name, "--brief", "--json"))
        seen = {r["metric"]: "baseline" in r for r in out["results"] if r["metric"] not in OPTIONAL}
        check(out["bench"] == name and out["brief"] is True and seen == METRICS[name], f"{name}: {seen} is not {METRICS[name]}")
        check(all(good(r) for r in out["results"]), f"{name}: {out['results']}")
