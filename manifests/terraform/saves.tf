# The bucket in which save points are kept, when there is to be one: encrypted, closed to the public, and without what was cut off in the middle
# of an upload.

resource "aws_s3_bucket" "saves" {
  count  = var.save_bucket == "" ? 0 : 1
  bucket = var.save_bucket
  tags   = local.tags
}

resource "aws_s3_bucket_public_access_block" "saves" {
  count                   = var.save_bucket == "" ? 0 : 1
  bucket                  = aws_s3_bucket.saves[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "saves" {
  count  = var.save_bucket == "" ? 0 : 1
  bucket = aws_s3_bucket.saves[0].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "saves" {
  count  = var.save_bucket == "" ? 0 : 1
  bucket = aws_s3_bucket.saves[0].id

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"
    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}
