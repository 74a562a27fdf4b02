import * as target from './stream-target.ts'
import { writerConformance } from './writer-conformance.ts'

writerConformance('the Storage Write API of the double', target, 2)
