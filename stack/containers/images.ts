/** The images that stand for the launcher's parts: the same versions, by exact tags. docker-compose.yml has them as well. */
export const IMAGES = {
  kafka: 'apache/kafka:4.1.0',
  registry: 'apicurio/apicurio-registry-mem:2.6.13.Final',
  redis: 'redis:7.0.15-alpine',
} as const
