# One app, with qabot itself on the staging cluster. The configuration is the example beside this module, as it is.

provider "aws" {
  region = "ap-northeast-1"
}

module "qabot" {
  source = "../.."

  installation            = "acme"
  vpc_id                  = "vpc-0a1b2c3d"
  load_balancer_subnets   = ["subnet-0aaaaaaa", "subnet-0bbbbbbb"]
  private_subnets         = ["subnet-0ccccccc", "subnet-0ddddddd"]
  allowed_cidrs           = ["10.0.0.0/8"]
  task_security_groups    = ["sg-0eeeeeee"]
  database_security_group = "sg-0fffffff"
  redis_security_group    = "sg-01111111"
  domain                  = "qa.example.com"
  zone_id                 = "Z0123456789"
  cluster                 = "staging"

  apps = {
    shop = {
      repository_url       = "https://github.com/acme/shop.git"
      image_repository     = "shop"
      task_role_arns       = ["arn:aws:iam::111122223333:role/shop-task", "arn:aws:iam::111122223333:role/shop-execution"]
      execution_role_names = ["shop-execution"]
      log_groups           = ["/ecs/shop-app", "/ecs/shop-admin", "/ecs/shop-worker"]
    }
  }

  image         = "111122223333.dkr.ecr.ap-northeast-1.amazonaws.com/qabot:latest"
  configuration = file("${path.module}/qabot.yaml")
}

output "webhook_url" {
  value = module.qabot.webhook_url
}
