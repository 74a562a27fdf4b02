"""Reads a whole cluster with librdkafka at read_committed into a dump directory, for `laws.py`.

    python3 read_cluster.py ORDER.json

ORDER.json: bootstrap, group, partitions, keys (folder), rules, schema_dir, schemas (id -> file), transactions, dump (directory).
Shares no code with the product: librdkafka reads, the oracle's Avro decodes, `cryptography` checks signatures.
"""

import json
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "oracle"))

from avro import AvroError, compile_reader
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from dump import INPUT, OUTPUTS

TOPICS = (INPUT, *OUTPUTS)
SILENCE_S = 60


def main(path):
    with open(path, encoding="utf-8") as file:
        order = json.load(file)
    places = [(topic, partition) for topic in TOPICS for partition in range(order["partitions"])]
    records = read(order, places, "read_committed")
    for (topic, partition), found in records.items():
        write_records(os.path.join(order["dump"], f"{topic}-{partition}.records"), found)
    hidden = {}
    for (topic, partition), found in read(order, places, "read_uncommitted").items():
        hidden[topic] = hidden.get(topic, 0) + len(found) - len(records[topic, partition])
    cluster = {**offsets(order, places), "transactions": order["transactions"], "aborted_records": hidden}
    write_json(os.path.join(order["dump"], "cluster.json"), cluster, 0o644)
    write_json(os.path.join(order["dump"], "dump.json"), about(order, records), 0o600)


def read(order, places, isolation):
    """Every record of each place, from its beginning to its end, as (offset, append time, key, value)."""
    consumer = Consumer(
        {
            "bootstrap.servers": order["bootstrap"],
            "group.id": "eos-checker",
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
        }
    )
    consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in places])
    found, at_end = {place: [] for place in places}, set()
    while len(at_end) < len(places):
        messages = consumer.consume(10_000, 1)
        if not messages and (message := consumer.poll(SILENCE_S)) is None:
            sys.exit(f"read_cluster: nothing came for {SILENCE_S} s; {len(places) - len(at_end)} partitions are not read to the end")
        elif not messages:
            messages = [message]
        for message in messages:
            place = (message.topic(), message.partition())
            if message.error() is None:
                found[place].append((message.offset(), message.timestamp()[1], message.key(), message.value()))
            elif message.error().name() == "_PARTITION_EOF":
                at_end.add(place)
            else:
                raise KafkaException(message.error())
    consumer.close()
    return found


def offsets(order, places):
    """Of each place the last stable offset and the high watermark; the committed offset of each input partition."""
    admin = AdminClient({"bootstrap.servers": order["bootstrap"]})

    def latest(isolation):
        asked = {TopicPartition(*place): OffsetSpec.latest() for place in places}
        answers = admin.list_offsets(asked, isolation_level=isolation, request_timeout=60)
        return {f"{at.topic}-{at.partition}": answer.result().offset for at, answer in answers.items()}

    request = ConsumerGroupTopicPartitions(order["group"], [TopicPartition(*place) for place in places if place[0] == INPUT])
    (group,) = admin.list_consumer_group_offsets([request], require_stable=True, request_timeout=60).values()
    committed = {str(at.partition): at.offset for at in group.result().topic_partitions}
    return {
        "stable": latest(IsolationLevel.READ_COMMITTED),
        "end": latest(IsolationLevel.READ_UNCOMMITTED),
        "committed": committed,
    }


def about(order, records):
    """dump.json as the oracle wants it."""
    keys = {name: read_json(os.path.join(order["keys"], f"{name}.json")) for name in ("mask-keys", "signers")}
    return {
        "partitions": order["partitions"],
        "schemas": order["schemas"],
        "schema_dir": order["schema_dir"],
        "mask_keys": [{"id": key["id"], "hex": key["secret"]} for key in keys["mask-keys"]],
        "signers": [{"id": signer["id"], "kinds": signer["kinds"]} for signer in keys["signers"]],
        "rules": order["rules"],
        "control_verdicts": control_verdicts(order, records, keys["signers"]),
    }


def control_verdicts(order, records, signers):
    """Whether each control record has the signature that its signer's key makes (SPEC S7)."""
    public = {signer["id"]: load_pem_public_key(signer["publicKey"].encode()) for signer in signers}
    read_control = compile_reader(os.path.join(order["schema_dir"], "control-record.avsc"))
    (schema_id,) = (int(number) for number, name in order["schemas"].items() if name == "control-record")
    verdicts = {}
    for partition in range(order["partitions"]):
        for offset, _, _, value in records[INPUT, partition]:
            if value is not None and value[:5] == b"\0" + schema_id.to_bytes(4, "big"):
                verdicts[f"{partition}-{offset}"] = is_signed(value, read_control, public)
    return verdicts


def is_signed(value, read_control, public):
    try:
        record = read_control(value)
    except AvroError:
        return False
    key, signature = public.get(record["signer_key_id"]), record["signature"]
    if key is None:
        return False
    # The signature is the last field: its length, of one byte up to 63, and then its bytes.
    content = value[5 : len(value) - len(signature) - (1 if len(signature) < 64 else 2)]
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def write_records(path, records):
    with open(path, "wb") as file:
        for offset, append_time, key, value in records:
            file.write(struct.pack(">qq", offset, append_time))
            for part in (key, value):
                file.write(struct.pack(">i", -1 if part is None else len(part)) + (part or b""))


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write_json(path, value, mode):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        json.dump(value, file)


if __name__ == "__main__":
    main(sys.argv[1])
