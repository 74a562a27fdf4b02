import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's own client, with its defaults. Bytes go in and out as hexadecimal, a record a line. */
class JavaClient {
  private static final HexFormat HEX = HexFormat.of();

  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "partitions" -> partitions(Integer.parseInt(args[1]));
      case "produce" -> produce(args[1], args[2]);
      case "consume" -> consume(args[1], args[2], Integer.parseInt(args[3]));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private static List<String> lines() {
    return new BufferedReader(new InputStreamReader(System.in)).lines().toList();
  }

  private static void partitions(int count) {
    var text = new StringBuilder();
    for (var key : lines()) text.append(BuiltInPartitioner.partitionForKey(HEX.parseHex(key), count)).append('\n');
    System.out.print(text);
  }

  private static void produce(String bootstrap, String topic) throws Exception {
    Map<String, Object> config = Map.of("bootstrap.servers", bootstrap);
    var bytes = new ByteArraySerializer();
    try (var producer = new KafkaProducer<>(config, bytes, bytes)) {
      var sent = new ArrayList<Future<RecordMetadata>>();
      for (var line : lines()) {
        var parts = line.split(" ");
        sent.add(producer.send(new ProducerRecord<>(topic, HEX.parseHex(parts[0]), HEX.parseHex(parts[1]))));
      }
      for (var one : sent) System.out.println(one.get().partition() + " " + one.get().offset());
    }
  }

  /** Everything committed, from the beginning up to the end of every partition. */
  private static void consume(String bootstrap, String topic, int partitions) {
    Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed");
    var bytes = new ByteArrayDeserializer();
    try (var consumer = new KafkaConsumer<>(config, bytes, bytes)) {
      var all = IntStream.range(0, partitions).mapToObj(one -> new TopicPartition(topic, one)).toList();
      consumer.assign(all);
      consumer.seekToBeginning(all);
      var ends = consumer.endOffsets(all);
      while (all.stream().anyMatch(one -> consumer.position(one) < ends.get(one))) {
        for (var record : consumer.poll(Duration.ofMillis(200))) {
          System.out.println(
              record.partition() + " " + record.offset() + " " + HEX.formatHex(record.key()) + " " + HEX.formatHex(record.value()));
        }
      }
    }
  }
}
