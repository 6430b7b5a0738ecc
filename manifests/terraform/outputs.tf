output "load_balancer" {
  description = "`load_balancer.name` of the configuration."
  value       = aws_lb.qa.name
}

output "load_balancer_dns_name" {
  description = "Where *.<domain> has to point to, when no zone was given."
  value       = aws_lb.qa.dns_name
}

output "certificate_arn" {
  description = "`load_balancer.certificate` of the configuration; empty: plain HTTP."
  value       = local.certificate_arn
}

output "image_projects" {
  description = "`image.project` of each app."
  value       = { for name, project in aws_codebuild_project.image : name => project.name }
}

output "migration_projects" {
  description = "`migration.project` of each app."
  value       = { for name, project in aws_codebuild_project.migration : name => project.name }
}

output "policy_arn" {
  description = "The policy for the role that qabot runs with, when it runs elsewhere."
  value       = aws_iam_policy.qabot.arn
}

output "webhook_url" {
  description = "Payload URL of GitHub's webhook; content type application/json."
  value       = var.webhook ? aws_lambda_function_url.webhook[0].function_url : ""
}

output "queue_url" {
  description = "`github.queue` of the configuration."
  value       = var.webhook ? aws_sqs_queue.events[0].url : ""
}
