# nix run github:OWNER/kmsdeck -- --sandbox
#
# No flake.lock is in the repository yet: it was written where there is no Nix, and is unrun.
{
  description = "The terminal console for AWS KMS";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      forAll = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      manifest = (nixpkgs.lib.importTOML ./Cargo.toml);
    in
    {
      packages = forAll (pkgs: {
        default = pkgs.rustPlatform.buildRustPackage {
          buildType = "shipped";
          pname = "kmsdeck";
          version = manifest.workspace.package.version;
          src = self;
          cargoLock.lockFile = ./Cargo.lock;
          cargoBuildFlags = [ "--bin" "kmsdeck" ];
          # They want loopback, a terminal and moto.
          doCheck = false;
          env.KMSDECK_COMMIT = self.rev or "";
          nativeBuildInputs = [ pkgs.installShellFiles ];
          postInstall = ''
            installShellCompletion --cmd kmsdeck \
              --bash <($out/bin/kmsdeck completions bash) \
              --zsh <($out/bin/kmsdeck completions zsh) \
              --fish <($out/bin/kmsdeck completions fish)
            $out/bin/kmsdeck man > kmsdeck.1
            installManPage kmsdeck.1
          '';
          meta = {
            inherit (manifest.package) description;
            license = with pkgs.lib.licenses; [ mit asl20 ];
            mainProgram = "kmsdeck";
          };
        };
      });
    };
}
