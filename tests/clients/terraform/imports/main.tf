# Imported key material and custom key stores.

terraform {
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      configuration_aliases = [aws.replica]
    }
  }
}

variable "description" {}

variable "valid_to" {}

locals {
  # 32 bytes, fixed so that a plan is the same each time.
  material = base64encode("0123456789abcdef0123456789abcdef")
}

resource "aws_kms_external_key" "pending" {
  description             = var.description
  deletion_window_in_days = 7
}

resource "aws_kms_external_key" "imported" {
  description             = var.description
  key_material_base64     = local.material
  enabled                 = true
  deletion_window_in_days = 7
  valid_to                = var.valid_to
}

resource "aws_kms_external_key" "multi_region" {
  description             = var.description
  key_material_base64     = local.material
  multi_region            = true
  enabled                 = true
  deletion_window_in_days = 7
}

resource "aws_kms_replica_external_key" "replica" {
  provider                = aws.replica
  primary_key_arn         = aws_kms_external_key.multi_region.arn
  description             = var.description
  key_material_base64     = local.material
  enabled                 = true
  deletion_window_in_days = 7
}

resource "aws_kms_custom_key_store" "external" {
  custom_key_store_name  = "terraform-external"
  custom_key_store_type  = "EXTERNAL_KEY_STORE"
  xks_proxy_connectivity = "PUBLIC_ENDPOINT"
  xks_proxy_uri_endpoint = "https://xks.sandbox.example"
  xks_proxy_uri_path     = "/kms/xks/v1"
  xks_proxy_authentication_credential {
    access_key_id         = "ABCDEFGHIJKLMNOPQRST"
    raw_secret_access_key = base64encode("0123456789abcdef0123456789abcdef0123")
  }
}

data "aws_kms_custom_key_store" "external" {
  custom_key_store_id = aws_kms_custom_key_store.external.id
}
