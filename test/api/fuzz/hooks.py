"""What schemathesis cannot know from the document: whose accounts a token owns, and which payments there are.

Only cases that are meant to be right are completed; what is meant to be wrong goes as it was made. Each answer is noted down.
"""

import json
import os
import random
import uuid

import schemathesis

ACCOUNTS = os.environ["FUZZ_ACCOUNTS"].split(",")
PAYMENTS = os.environ["FUZZ_PAYMENTS"].split(",")
ANSWERS = os.environ["FUZZ_ANSWERS"]
pick = random.Random(int(os.environ["FUZZ_SEED"]))


@schemathesis.hook
def before_call(context, case, kwargs):
    if not case.meta.generation.mode.is_positive:
        return
    if case.path_parameters:
        case.path_parameters["transactionId"] = pick.choice(PAYMENTS)
    if isinstance(case.body, dict):
        case.headers.pop("idempotency-key", None)
        completed = {
            "transaction_id": str(uuid.UUID(int=pick.getrandbits(128))),
            "idempotency_key": str(uuid.UUID(int=pick.getrandbits(128))),
            "from_account": pick.choice(ACCOUNTS),
            "to_account": "payee-xyz",
            "amount": pick.choice(["52.00", 12, "0.10", 700]),
            "currency": pick.choice(["USD", "eur", "GBP"]),
        }
        case.body.update(completed)
        # Their patterns take more than there is.
        for known, value in (("pan", "4111111111111111"), ("region", "DE")):
            if known in case.body:
                case.body[known] = value
        for beside in ("otp_code", "event_time"):
            case.body.pop(beside, None)
        if ("latitude" in case.body) != ("longitude" in case.body):
            case.body.update({"latitude": 1.5, "longitude": 2.5})


def code(response):
    """A problem's code; empty for any other answer."""
    if "problem+json" not in response.headers.get("content-type", [""])[0]:
        return ""
    return json.loads(response.content).get("code", "")


@schemathesis.hook
def after_call(context, case, response):
    with open(ANSWERS, "a") as answers:
        operation = f"{case.method} {case.path}"
        mode = "right" if case.meta.generation.mode.is_positive else "wrong"
        answers.write(json.dumps({"operation": operation, "mode": mode, "status": response.status_code, "code": code(response)}) + "\n")
