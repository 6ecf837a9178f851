# Every aws_kms_* resource and data source, against `kmsdeck sandbox serve`.
# tests/it/terraform.rs applies it, plans it again, changes it, imports it and destroys it.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

# The endpoint and the credentials come from the environment, as everybody's would.
provider "aws" {
  region = "us-east-1"
}

provider "aws" {
  alias  = "replica"
  region = "eu-west-1"
}

variable "description" {
  default = "made by Terraform"
}

variable "is_enabled" {
  default = true
}

variable "rotation_period_in_days" {
  default = 180
}

# When imported material expires: a year away at most.
variable "valid_to" {
  default = null
}

data "aws_caller_identity" "current" {}

locals {
  specs = {
    SYMMETRIC_DEFAULT = "ENCRYPT_DECRYPT"
    RSA_2048          = "ENCRYPT_DECRYPT"
    RSA_3072          = "SIGN_VERIFY"
    RSA_4096          = "SIGN_VERIFY"
    ECC_NIST_P256     = "KEY_AGREEMENT"
    ECC_NIST_P384     = "SIGN_VERIFY"
    ECC_NIST_P521     = "SIGN_VERIFY"
    ECC_SECG_P256K1   = "SIGN_VERIFY"
    HMAC_224          = "GENERATE_VERIFY_MAC"
    HMAC_256          = "GENERATE_VERIFY_MAC"
    HMAC_384          = "GENERATE_VERIFY_MAC"
    HMAC_512          = "GENERATE_VERIFY_MAC"
  }
}

resource "aws_kms_key" "of" {
  for_each                 = local.specs
  customer_master_key_spec = each.key
  key_usage                = each.value
  description              = "${var.description}: ${each.key}"
  deletion_window_in_days  = 7
  is_enabled               = each.key == "SYMMETRIC_DEFAULT" ? var.is_enabled : true
  tags                     = { spec = each.key, made = "by ${var.description}" }
}

resource "aws_kms_key" "rotating" {
  description             = var.description
  enable_key_rotation     = true
  rotation_period_in_days = var.rotation_period_in_days
  deletion_window_in_days = 7
}

resource "aws_kms_key" "with_policy" {
  description             = var.description
  deletion_window_in_days = 7
  policy = jsonencode({
    Version = "2012-10-17"
    Id      = "key-with-policy"
    Statement = [
      {
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "Use"
        Effect    = "Allow"
        Principal = { AWS = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:user/encryptor"] }
        Action    = ["kms:Encrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = { "kms:EncryptionContext:tenant" = "acme" } }
      },
    ]
  })
}

resource "aws_kms_key_policy" "later" {
  key_id = aws_kms_key.rotating.id
  policy = jsonencode({
    Version = "2012-10-17"
    Id      = var.description
    Statement = [{
      Sid       = "Account"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_alias" "named" {
  name          = "alias/terraform/named"
  target_key_id = var.is_enabled ? aws_kms_key.of["SYMMETRIC_DEFAULT"].key_id : aws_kms_key.with_policy.arn
}

resource "aws_kms_alias" "prefixed" {
  name_prefix   = "alias/terraform-"
  target_key_id = aws_kms_key.of["HMAC_256"].arn
}

resource "aws_kms_grant" "equals" {
  name              = "equals"
  key_id            = aws_kms_key.rotating.key_id
  grantee_principal = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:user/decryptor"
  operations        = ["Decrypt", "DescribeKey"]
  constraints {
    encryption_context_equals = { tenant = "acme" }
  }
}

resource "aws_kms_grant" "subset" {
  name                  = "subset"
  key_id                = aws_kms_key.rotating.arn
  grantee_principal     = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/app"
  retiring_principal    = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/app"
  operations            = ["Encrypt", "GenerateDataKey", "RetireGrant"]
  retire_on_delete      = false
  grant_creation_tokens = []
  constraints {
    encryption_context_subset = { tenant = "acme", purpose = "backup" }
  }
}

resource "aws_kms_key" "multi_region" {
  description             = var.description
  multi_region            = true
  deletion_window_in_days = 7
}

resource "aws_kms_replica_key" "replica" {
  provider                = aws.replica
  primary_key_arn         = aws_kms_key.multi_region.arn
  description             = "${var.description}, in another Region"
  deletion_window_in_days = 7
  tags                    = { replica = "yes" }
}

resource "aws_kms_ciphertext" "sealed" {
  key_id    = aws_kms_key.rotating.key_id
  plaintext = "not so secret"
  context   = { tenant = "acme" }
}

data "aws_kms_key" "by_alias" {
  key_id = aws_kms_alias.named.name
}

data "aws_kms_key" "replica" {
  provider = aws.replica
  key_id   = aws_kms_replica_key.replica.arn
}

data "aws_kms_alias" "named" {
  name = aws_kms_alias.named.name
}

data "aws_kms_ciphertext" "sealed" {
  key_id    = aws_kms_key.rotating.arn
  plaintext = "not so secret"
}

data "aws_kms_public_key" "signing" {
  key_id = aws_kms_key.of["ECC_NIST_P384"].arn
}

data "aws_kms_secrets" "opened" {
  secret {
    name    = "sealed"
    payload = aws_kms_ciphertext.sealed.ciphertext_blob
    context = { tenant = "acme" }
  }
}

module "imports" {
  source      = "./imports"
  description = var.description
  valid_to    = var.valid_to
  providers   = { aws = aws, aws.replica = aws.replica }
}

output "opened" {
  value     = data.aws_kms_secrets.opened.plaintext["sealed"]
  sensitive = true
}

output "public_key" {
  value = data.aws_kms_public_key.signing.public_key_pem
}

output "alias_target" {
  value = data.aws_kms_alias.named.target_key_arn
}
