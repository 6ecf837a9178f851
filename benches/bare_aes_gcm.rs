//! Seals the given number of MiB with AES-256-GCM of aws-lc in blocks of 64 KiB, in memory, then
//! opens as many: prints the seconds that each took. What encrypt-file is measured against.

use std::time::Instant;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

fn main() {
    let mib: usize = std::env::args()
        .nth(1)
        .and_then(|number| number.parse().ok())
        .expect("a number of MiB");
    let key = UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("a key of 32 bytes");
    let key = LessSafeKey::new(key);
    let nonce = || Nonce::assume_unique_for_key([1; 12]);
    let plaintext = vec![3; 64 << 10];
    let mut sealed = plaintext.clone();
    key.seal_in_place_append_tag(nonce(), Aad::empty(), &mut sealed)
        .expect("it can be sealed");
    let mut buffer = plaintext.clone();
    let begun = Instant::now();
    for _ in 0..mib * 16 {
        buffer.copy_from_slice(&plaintext);
        let tag = key.seal_in_place_separate_tag(nonce(), Aad::empty(), &mut buffer);
        let _tag = std::hint::black_box(tag.expect("it can be sealed"));
    }
    let sealing = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let mut buffer = sealed.clone();
    for _ in 0..mib * 16 {
        buffer.copy_from_slice(&sealed);
        let opened = key.open_in_place(nonce(), Aad::empty(), &mut buffer);
        std::hint::black_box(opened.expect("it can be opened"));
    }
    println!("{sealing} {}", begun.elapsed().as_secs_f64());
}
