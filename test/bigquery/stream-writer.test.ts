import * as target from './stream-target.ts'
import { writerConformance } from './writer-conformance.ts'

writerConformance('BigQuery’s Storage Write API', target)
