//! What is known of values before the kernel runs.
