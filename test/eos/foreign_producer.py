"""Another team's transactional producer (librdkafka): one transaction on the input topic, committed or aborted.

    python3 foreign_producer.py BOOTSTRAP TOPIC TRANSACTIONAL_ID commit|abort < records

A record a line: partition, key and value in hexadecimal. Prints the offset of each, in order, once the log has all of them.
"""

import sys

from confluent_kafka import Producer


def main(bootstrap, topic, transactional_id, end):
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": transactional_id, "transaction.timeout.ms": 10_000})
    producer.init_transactions(30)
    producer.begin_transaction()
    offsets = []
    for line in sys.stdin:
        partition, key, value = line.split()
        slot = [None]
        offsets.append(slot)

        def delivered(error, message, slot=slot):
            slot[0] = error or message.offset()

        producer.produce(topic, bytes.fromhex(value), bytes.fromhex(key), int(partition), on_delivery=delivered)
    producer.flush()
    if end == "commit":
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)
    for (offset,) in offsets:
        print(int(offset))


if __name__ == "__main__":
    main(*sys.argv[1:])
