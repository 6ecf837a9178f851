class Kmsdeck < Formula
  desc "Terminal console for AWS KMS"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/kmsdeck-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256 aarch64-apple-darwin.tar.gz@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/kmsdeck-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256 x86_64-apple-darwin.tar.gz@"
    end
  end

  on_linux do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/kmsdeck-@VERSION@-aarch64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256 aarch64-unknown-linux-gnu.tar.gz@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/kmsdeck-@VERSION@-x86_64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256 x86_64-unknown-linux-gnu.tar.gz@"
    end
  end

  def install
    bin.install "kmsdeck"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/kmsdeck.bash" => "kmsdeck"
    zsh_completion.install "completions/_kmsdeck"
    fish_completion.install "completions/kmsdeck.fish"
    doc.install "THIRD-PARTY.txt", "kmsdeck.cdx.json"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/kmsdeck --version")
    assert_match "alias/payments", shell_output("#{bin}/kmsdeck --sandbox keys")
  end
end
