"""confluent-kafka (librdkafka) as another team would use it. Bytes go in and out as hexadecimal, a record a line."""

import sys

from confluent_kafka import Consumer, Producer, TopicPartition


def produce(bootstrap, topic, partitioner):
    producer = Producer({"bootstrap.servers": bootstrap, "partitioner": partitioner, "enable.idempotence": True})
    results = []
    for line in sys.stdin:
        key, value = line.split()
        slot = [None]
        results.append(slot)

        def delivered(error, message, slot=slot):
            slot[0] = error or (message.partition(), message.offset())

        producer.produce(topic, key=bytes.fromhex(key), value=bytes.fromhex(value), on_delivery=delivered)
    producer.flush()
    for (result,) in results:
        print(*result)


def consume(bootstrap, topic, partitions):
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "not-used",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(topic, one, 0) for one in range(partitions)])
    at_end = set()
    while len(at_end) < partitions:
        message = consumer.poll(30)
        if message is None:
            sys.exit("nothing came for 30 s")
        if message.error() is not None:
            at_end.add(message.partition())
            continue
        print(message.partition(), message.offset(), message.key().hex(), message.value().hex())
    consumer.close()


if __name__ == "__main__":
    _, mode, *args = sys.argv
    if mode == "produce":
        produce(*args)
    else:
        consume(args[0], args[1], int(args[2]))
