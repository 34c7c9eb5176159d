import time, json
def test_probe(bank, typed):
    out = open("/tmp/t/probe.out", "a")
    for i in range(2):
        t=time.time()
        told = typed("run", bank.spec, "--as-of", "2025-04-10", "--json")
        s=told.summary
        print(s["verdict"], s["version"], s["reasons_against"], s["needs_judgement"], time.time()-t, json.dumps(s["seconds"]), told.stderr, told.state.message, file=out, flush=True)
