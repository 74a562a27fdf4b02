import fc from 'fast-check'

/** Gives fast-check the run's seed in every test process. A property that names its own seed keeps it. */
fc.configureGlobal({ seed: Number(process.env['SLUICE_TEST_SEED']) })
