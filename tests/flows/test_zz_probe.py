import time, json


def test_probe(bank, typed):
    for i in range(2):
        t = time.time()
        told = typed("run", bank.spec, "--as-of", "2025-04-10", "--json")
        s = told.summary
        print(
            s["verdict"],
            s["reasons_against"],
            s["needs_judgement"],
            time.time() - t,
            json.dumps(s["seconds"]),
            told.stderr,
        )
    t = time.time()
    told = typed("evidence", "verify", bank.spec, "--json")
    print(told.stdout, time.time() - t)
