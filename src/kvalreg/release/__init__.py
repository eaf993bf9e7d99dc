"""What happens between a rendered site and the public: the audit of what is actually published, editions, rollback.

Comes in: folders of finished sites. Goes out: findings, and a site in its place. It never sees a secret result.
"""
