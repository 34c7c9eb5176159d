pytest_plugins = []
import sys; sys.path.insert(0, "/work/main/tests/flows")
from test_cut_off_runs import promoting
def test_probe(promoting, typed):
    out = open("/tmp/t/probe2.out", "a")
    told = typed("run", promoting.spec, "--as-of", "2025-04-10", "--json")
    s=told.summary
    print(s["verdict"], s["version"], s["reasons_against"], s["needs_judgement"], s["seconds"], file=out, flush=True)
