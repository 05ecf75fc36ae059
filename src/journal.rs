//! One JSON line before and one after each change, on disk, secrets struck out.
