-- SPDX-License-Identifier: MIT
-- Made by bindings/models/stubs.lua of public service description of 2026-11-23; do not edit.
---@meta

---@class moonrock.S3: moonrock.Client
local Client = {}

---@class moonrock.S3.AbortMultipartUploadParams
---@field Bucket string
---@field Key string
---@field UploadId string
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string
---@field IfMatchInitiatedTime? number|string

---@class moonrock.S3.AbortMultipartUploadResult: moonrock.Result
---@field RequestCharged? "requester"
---@field VersionId? string

---@param params moonrock.S3.AbortMultipartUploadParams
---@return moonrock.S3.AbortMultipartUploadResult
function Client:abort_multipart_upload(params) end

---@class moonrock.S3.CompleteMultipartUploadParams
---@field Bucket string
---@field Key string
---@field MultipartUpload? moonrock.S3.CompletedMultipartUpload
---@field UploadId string
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string
---@field ChecksumType? "COMPOSITE"|"FULL_OBJECT"
---@field MpuObjectSize? integer
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string
---@field IfMatch? string
---@field IfNoneMatch? string
---@field SSECustomerAlgorithm? string
---@field SSECustomerKey? string
---@field SSECustomerKeyMD5? string

---@class moonrock.S3.CompleteMultipartUploadResult: moonrock.Result
---@field Location? string
---@field Bucket? string
---@field Key? string
---@field Expiration? string
---@field ETag? string
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string
---@field ChecksumType? "COMPOSITE"|"FULL_OBJECT"
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field VersionId? string
---@field SSEKMSKeyId? string
---@field BucketKeyEnabled? boolean
---@field RequestCharged? "requester"

---@param params moonrock.S3.CompleteMultipartUploadParams
---@return moonrock.S3.CompleteMultipartUploadResult
function Client:complete_multipart_upload(params) end

---@class moonrock.S3.CopyObjectParams
---@field ACL? "private"|"public-read"|"public-read-write"|"authenticated-read"|"aws-exec-read"|"bucket-owner-read"|"bucket-owner-full-control"
---@field Bucket string
---@field CacheControl? string
---@field ChecksumAlgorithm? string
---@field ContentDisposition? string
---@field ContentEncoding? string
---@field ContentLanguage? string
---@field ContentType? string
---@field CopySource string
---@field CopySourceIfMatch? string
---@field CopySourceIfModifiedSince? number|string
---@field CopySourceIfNoneMatch? string
---@field CopySourceIfUnmodifiedSince? number|string
---@field Expires? number|string
---@field GrantFullControl? string
---@field GrantRead? string
---@field GrantReadACP? string
---@field GrantWriteACP? string
---@field IfMatch? string
---@field IfNoneMatch? string
---@field Key string
---@field Metadata? table<string, string>
---@field MetadataDirective? "COPY"|"REPLACE"
---@field TaggingDirective? "COPY"|"REPLACE"
---@field AnnotationDirective? "COPY"|"EXCLUDE"
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field StorageClass? string
---@field WebsiteRedirectLocation? string
---@field SSECustomerAlgorithm? string
---@field SSECustomerKey? string
---@field SSECustomerKeyMD5? string
---@field SSEKMSKeyId? string
---@field SSEKMSEncryptionContext? string
---@field BucketKeyEnabled? boolean
---@field CopySourceSSECustomerAlgorithm? string
---@field CopySourceSSECustomerKey? string
---@field CopySourceSSECustomerKeyMD5? string
---@field RequestPayer? "requester"
---@field Tagging? string
---@field ObjectLockMode? "GOVERNANCE"|"COMPLIANCE"
---@field ObjectLockRetainUntilDate? number|string
---@field ObjectLockLegalHoldStatus? "ON"|"OFF"
---@field ObjectLockEventHold? "ON"|"OFF"
---@field ObjectLockEventHoldDurationDays? integer
---@field ObjectLockEventHoldDurationYears? integer
---@field ExpectedBucketOwner? string
---@field ExpectedSourceBucketOwner? string

---@class moonrock.S3.CopyObjectResult: moonrock.Result
---@field CopyObjectResult? moonrock.S3.CopyObjectResult
---@field Expiration? string
---@field CopySourceVersionId? string
---@field VersionId? string
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field SSECustomerAlgorithm? string
---@field SSECustomerKeyMD5? string
---@field SSEKMSKeyId? string
---@field SSEKMSEncryptionContext? string
---@field BucketKeyEnabled? boolean
---@field RequestCharged? "requester"

---@param params moonrock.S3.CopyObjectParams
---@return moonrock.S3.CopyObjectResult
function Client:copy_object(params) end

---@class moonrock.S3.CreateBucketParams
---@field ACL? "private"|"public-read"|"public-read-write"|"authenticated-read"
---@field Bucket string
---@field CreateBucketConfiguration? moonrock.S3.CreateBucketConfiguration
---@field GrantFullControl? string
---@field GrantRead? string
---@field GrantReadACP? string
---@field GrantWrite? string
---@field GrantWriteACP? string
---@field ObjectLockEnabledForBucket? boolean
---@field ObjectOwnership? "BucketOwnerPreferred"|"ObjectWriter"|"BucketOwnerEnforced"
---@field BucketNamespace? "account-regional"|"global"

---@class moonrock.S3.CreateBucketResult: moonrock.Result
---@field Location? string
---@field BucketArn? string

---@param params moonrock.S3.CreateBucketParams
---@return moonrock.S3.CreateBucketResult
function Client:create_bucket(params) end

---@class moonrock.S3.CreateBucketMetadataConfigurationParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field MetadataConfiguration moonrock.S3.MetadataConfiguration
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.CreateBucketMetadataConfigurationParams
---@return moonrock.Result
function Client:create_bucket_metadata_configuration(params) end

---@class moonrock.S3.CreateBucketMetadataTableConfigurationParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field MetadataTableConfiguration moonrock.S3.MetadataTableConfiguration
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.CreateBucketMetadataTableConfigurationParams
---@return moonrock.Result
function Client:create_bucket_metadata_table_configuration(params) end

---@class moonrock.S3.CreateMultipartUploadParams
---@field ACL? "private"|"public-read"|"public-read-write"|"authenticated-read"|"aws-exec-read"|"bucket-owner-read"|"bucket-owner-full-control"
---@field Bucket string
---@field CacheControl? string
---@field ContentDisposition? string
---@field ContentEncoding? string
---@field ContentLanguage? string
---@field ContentType? string
---@field Expires? number|string
---@field GrantFullControl? string
---@field GrantRead? string
---@field GrantReadACP? string
---@field GrantWriteACP? string
---@field Key string
---@field Metadata? table<string, string>
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field StorageClass? string
---@field WebsiteRedirectLocation? string
---@field SSECustomerAlgorithm? string
---@field SSECustomerKey? string
---@field SSECustomerKeyMD5? string
---@field SSEKMSKeyId? string
---@field SSEKMSEncryptionContext? string
---@field BucketKeyEnabled? boolean
---@field RequestPayer? "requester"
---@field Tagging? string
---@field ObjectLockMode? "GOVERNANCE"|"COMPLIANCE"
---@field ObjectLockRetainUntilDate? number|string
---@field ObjectLockLegalHoldStatus? "ON"|"OFF"
---@field ObjectLockEventHold? "ON"|"OFF"
---@field ObjectLockEventHoldDurationDays? integer
---@field ObjectLockEventHoldDurationYears? integer
---@field ExpectedBucketOwner? string
---@field ChecksumAlgorithm? string
---@field ChecksumType? "COMPOSITE"|"FULL_OBJECT"

---@class moonrock.S3.CreateMultipartUploadResult: moonrock.Result
---@field AbortDate? number|string
---@field AbortRuleId? string
---@field Bucket? string
---@field Key? string
---@field UploadId? string
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field SSECustomerAlgorithm? string
---@field SSECustomerKeyMD5? string
---@field SSEKMSKeyId? string
---@field SSEKMSEncryptionContext? string
---@field BucketKeyEnabled? boolean
---@field RequestCharged? "requester"
---@field ChecksumAlgorithm? string
---@field ChecksumType? "COMPOSITE"|"FULL_OBJECT"
---@field VersionId? string

---@param params moonrock.S3.CreateMultipartUploadParams
---@return moonrock.S3.CreateMultipartUploadResult
function Client:create_multipart_upload(params) end

---@class moonrock.S3.CreateSessionParams
---@field SessionMode? "ReadOnly"|"ReadWrite"
---@field Bucket string
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field SSEKMSKeyId? string
---@field SSEKMSEncryptionContext? string
---@field BucketKeyEnabled? boolean

---@class moonrock.S3.CreateSessionResult: moonrock.Result
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field SSEKMSKeyId? string
---@field SSEKMSEncryptionContext? string
---@field BucketKeyEnabled? boolean
---@field Credentials? moonrock.S3.SessionCredentials

---@param params moonrock.S3.CreateSessionParams
---@return moonrock.S3.CreateSessionResult
function Client:create_session(params) end

---@class moonrock.S3.DeleteBucketParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeleteBucketParams
---@return moonrock.Result
function Client:delete_bucket(params) end

---@class moonrock.S3.DeleteBucketAnalyticsConfigurationParams
---@field Bucket string
---@field Id string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeleteBucketAnalyticsConfigurationParams
---@return moonrock.Result
function Client:delete_bucket_analytics_configuration(params) end

---@class moonrock.S3.DeleteBucketCorsParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeleteBucketCorsParams
---@return moonrock.Result
function Client:delete_bucket_cors(params) end

---@class moonrock.S3.DeleteBucketEncryptionParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeleteBucketEncryptionParams
---@return moonrock.Result
function Client:delete_bucket_encryption(params) end

---@class moonrock.S3.DeleteBucketIntelligentTieringConfigurationParams
---@field Bucket string
---@field Id string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeleteBucketIntelligentTieringConfigurationParams
---@return moonrock.Result
function Client:delete_bucket_intelligent_tiering_configuration(params) end

---@class moonrock.S3.DeleteBucketInventoryConfigurationParams
---@field Bucket string
---@field Id string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeleteBucketInventoryConfigurationParams
---@return moonrock.Result
function Client:delete_bucket_inventory_configuration(params) end

---@class moonrock.S3.DeleteBucketLifecycleParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeleteBucketLifecycleParams
---@return moonrock.Result
function Client:delete_bucket_lifecycle(params) end

---@class moonrock.S3.DeleteBucketMetadataConfigurationParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeleteBucketMetadataConfigurationParams
---@return moonrock.Result
function Client:delete_bucket_metadata_configuration(params) end

---@class moonrock.S3.DeleteBucketMetadataTableConfigurationParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeleteBucketMetadataTableConfigurationParams
---@return moonrock.Result
function Client:delete_bucket_metadata_table_configuration(params) end

---@class moonrock.S3.DeleteBucketMetricsConfigurationParams
---@field Bucket string
---@field Id string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeleteBucketMetricsConfigurationParams
---@return moonrock.Result
function Client:delete_bucket_metrics_configuration(params) end

---@class moonrock.S3.DeleteBucketOwnershipControlsParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeleteBucketOwnershipControlsParams
---@return moonrock.Result
function Client:delete_bucket_ownership_controls(params) end

---@class moonrock.S3.DeleteBucketPolicyParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeleteBucketPolicyParams
---@return moonrock.Result
function Client:delete_bucket_policy(params) end

---@class moonrock.S3.DeleteBucketReplicationParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeleteBucketReplicationParams
---@return moonrock.Result
function Client:delete_bucket_replication(params) end

---@class moonrock.S3.DeleteBucketTaggingParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeleteBucketTaggingParams
---@return moonrock.Result
function Client:delete_bucket_tagging(params) end

---@class moonrock.S3.DeleteBucketWebsiteParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeleteBucketWebsiteParams
---@return moonrock.Result
function Client:delete_bucket_website(params) end

---@class moonrock.S3.DeleteObjectParams
---@field Bucket string
---@field Key string
---@field MFA? string
---@field VersionId? string
---@field RequestPayer? "requester"
---@field BypassGovernanceRetention? boolean
---@field ExpectedBucketOwner? string
---@field IfMatch? string
---@field IfMatchLastModifiedTime? number|string
---@field IfMatchSize? integer

---@class moonrock.S3.DeleteObjectResult: moonrock.Result
---@field DeleteMarker? boolean
---@field VersionId? string
---@field RequestCharged? "requester"

---@param params moonrock.S3.DeleteObjectParams
---@return moonrock.S3.DeleteObjectResult
function Client:delete_object(params) end

---@class moonrock.S3.DeleteObjectAnnotationParams
---@field Bucket string
---@field Key string
---@field AnnotationName string
---@field VersionId? string
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string
---@field ObjectIfMatch? string

---@class moonrock.S3.DeleteObjectAnnotationResult: moonrock.Result
---@field ObjectVersionId? string
---@field RequestCharged? "requester"

---@param params moonrock.S3.DeleteObjectAnnotationParams
---@return moonrock.S3.DeleteObjectAnnotationResult
function Client:delete_object_annotation(params) end

---@class moonrock.S3.DeleteObjectTaggingParams
---@field Bucket string
---@field Key string
---@field VersionId? string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.DeleteObjectTaggingResult: moonrock.Result
---@field VersionId? string

---@param params moonrock.S3.DeleteObjectTaggingParams
---@return moonrock.S3.DeleteObjectTaggingResult
function Client:delete_object_tagging(params) end

---@class moonrock.S3.DeleteObjectsParams
---@field Bucket string
---@field Delete moonrock.S3.Delete
---@field MFA? string
---@field RequestPayer? "requester"
---@field BypassGovernanceRetention? boolean
---@field ExpectedBucketOwner? string
---@field ChecksumAlgorithm? string

---@class moonrock.S3.DeleteObjectsResult: moonrock.Result
---@field Deleted? moonrock.S3.DeletedObject[]
---@field RequestCharged? "requester"
---@field Errors? moonrock.S3.Error[]

---@param params moonrock.S3.DeleteObjectsParams
---@return moonrock.S3.DeleteObjectsResult
function Client:delete_objects(params) end

---@class moonrock.S3.DeletePublicAccessBlockParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.DeletePublicAccessBlockParams
---@return moonrock.Result
function Client:delete_public_access_block(params) end

---@class moonrock.S3.GetBucketAbacParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketAbacResult: moonrock.Result
---@field AbacStatus? moonrock.S3.AbacStatus

---@param params moonrock.S3.GetBucketAbacParams
---@return moonrock.S3.GetBucketAbacResult
function Client:get_bucket_abac(params) end

---@class moonrock.S3.GetBucketAccelerateConfigurationParams
---@field Bucket string
---@field ExpectedBucketOwner? string
---@field RequestPayer? "requester"

---@class moonrock.S3.GetBucketAccelerateConfigurationResult: moonrock.Result
---@field Status? "Enabled"|"Suspended"
---@field RequestCharged? "requester"

---@param params moonrock.S3.GetBucketAccelerateConfigurationParams
---@return moonrock.S3.GetBucketAccelerateConfigurationResult
function Client:get_bucket_accelerate_configuration(params) end

---@class moonrock.S3.GetBucketAclParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketAclResult: moonrock.Result
---@field Owner? moonrock.S3.Owner
---@field Grants? moonrock.S3.Grant[]

---@param params moonrock.S3.GetBucketAclParams
---@return moonrock.S3.GetBucketAclResult
function Client:get_bucket_acl(params) end

---@class moonrock.S3.GetBucketAnalyticsConfigurationParams
---@field Bucket string
---@field Id string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketAnalyticsConfigurationResult: moonrock.Result
---@field AnalyticsConfiguration? moonrock.S3.AnalyticsConfiguration

---@param params moonrock.S3.GetBucketAnalyticsConfigurationParams
---@return moonrock.S3.GetBucketAnalyticsConfigurationResult
function Client:get_bucket_analytics_configuration(params) end

---@class moonrock.S3.GetBucketCorsParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketCorsResult: moonrock.Result
---@field CORSRules? moonrock.S3.CORSRule[]

---@param params moonrock.S3.GetBucketCorsParams
---@return moonrock.S3.GetBucketCorsResult
function Client:get_bucket_cors(params) end

---@class moonrock.S3.GetBucketEncryptionParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketEncryptionResult: moonrock.Result
---@field ServerSideEncryptionConfiguration? moonrock.S3.ServerSideEncryptionConfiguration

---@param params moonrock.S3.GetBucketEncryptionParams
---@return moonrock.S3.GetBucketEncryptionResult
function Client:get_bucket_encryption(params) end

---@class moonrock.S3.GetBucketIntelligentTieringConfigurationParams
---@field Bucket string
---@field Id string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketIntelligentTieringConfigurationResult: moonrock.Result
---@field IntelligentTieringConfiguration? moonrock.S3.IntelligentTieringConfiguration

---@param params moonrock.S3.GetBucketIntelligentTieringConfigurationParams
---@return moonrock.S3.GetBucketIntelligentTieringConfigurationResult
function Client:get_bucket_intelligent_tiering_configuration(params) end

---@class moonrock.S3.GetBucketInventoryConfigurationParams
---@field Bucket string
---@field Id string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketInventoryConfigurationResult: moonrock.Result
---@field InventoryConfiguration? moonrock.S3.InventoryConfiguration

---@param params moonrock.S3.GetBucketInventoryConfigurationParams
---@return moonrock.S3.GetBucketInventoryConfigurationResult
function Client:get_bucket_inventory_configuration(params) end

---@class moonrock.S3.GetBucketLifecycleParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketLifecycleResult: moonrock.Result
---@field Rules? moonrock.S3.Rule[]

---@deprecated
---@param params moonrock.S3.GetBucketLifecycleParams
---@return moonrock.S3.GetBucketLifecycleResult
function Client:get_bucket_lifecycle(params) end

---@class moonrock.S3.GetBucketLifecycleConfigurationParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketLifecycleConfigurationResult: moonrock.Result
---@field Rules? moonrock.S3.LifecycleRule[]
---@field TransitionDefaultMinimumObjectSize? "varies_by_storage_class"|"all_storage_classes_128K"

---@param params moonrock.S3.GetBucketLifecycleConfigurationParams
---@return moonrock.S3.GetBucketLifecycleConfigurationResult
function Client:get_bucket_lifecycle_configuration(params) end

---@class moonrock.S3.GetBucketLocationParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketLocationResult: moonrock.Result
---@field LocationConstraint? string

---@param params moonrock.S3.GetBucketLocationParams
---@return moonrock.S3.GetBucketLocationResult
function Client:get_bucket_location(params) end

---@class moonrock.S3.GetBucketLoggingParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketLoggingResult: moonrock.Result
---@field LoggingEnabled? moonrock.S3.LoggingEnabled

---@param params moonrock.S3.GetBucketLoggingParams
---@return moonrock.S3.GetBucketLoggingResult
function Client:get_bucket_logging(params) end

---@class moonrock.S3.GetBucketMetadataConfigurationParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketMetadataConfigurationResult: moonrock.Result
---@field GetBucketMetadataConfigurationResult? moonrock.S3.GetBucketMetadataConfigurationResult

---@param params moonrock.S3.GetBucketMetadataConfigurationParams
---@return moonrock.S3.GetBucketMetadataConfigurationResult
function Client:get_bucket_metadata_configuration(params) end

---@class moonrock.S3.GetBucketMetadataTableConfigurationParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketMetadataTableConfigurationResult: moonrock.Result
---@field GetBucketMetadataTableConfigurationResult? moonrock.S3.GetBucketMetadataTableConfigurationResult

---@param params moonrock.S3.GetBucketMetadataTableConfigurationParams
---@return moonrock.S3.GetBucketMetadataTableConfigurationResult
function Client:get_bucket_metadata_table_configuration(params) end

---@class moonrock.S3.GetBucketMetricsConfigurationParams
---@field Bucket string
---@field Id string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketMetricsConfigurationResult: moonrock.Result
---@field MetricsConfiguration? moonrock.S3.MetricsConfiguration

---@param params moonrock.S3.GetBucketMetricsConfigurationParams
---@return moonrock.S3.GetBucketMetricsConfigurationResult
function Client:get_bucket_metrics_configuration(params) end

---@class moonrock.S3.GetBucketNotificationParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketNotificationResult: moonrock.Result
---@field TopicConfiguration? moonrock.S3.TopicConfigurationDeprecated
---@field QueueConfiguration? moonrock.S3.QueueConfigurationDeprecated
---@field CloudFunctionConfiguration? moonrock.S3.CloudFunctionConfiguration

---@deprecated
---@param params moonrock.S3.GetBucketNotificationParams
---@return moonrock.S3.GetBucketNotificationResult
function Client:get_bucket_notification(params) end

---@class moonrock.S3.GetBucketNotificationConfigurationParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketNotificationConfigurationResult: moonrock.Result
---@field TopicConfigurations? moonrock.S3.TopicConfiguration[]
---@field QueueConfigurations? moonrock.S3.QueueConfiguration[]
---@field LambdaFunctionConfigurations? moonrock.S3.LambdaFunctionConfiguration[]
---@field EventBridgeConfiguration? moonrock.S3.EventBridgeConfiguration

---@param params moonrock.S3.GetBucketNotificationConfigurationParams
---@return moonrock.S3.GetBucketNotificationConfigurationResult
function Client:get_bucket_notification_configuration(params) end

---@class moonrock.S3.GetBucketOwnershipControlsParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketOwnershipControlsResult: moonrock.Result
---@field OwnershipControls? moonrock.S3.OwnershipControls

---@param params moonrock.S3.GetBucketOwnershipControlsParams
---@return moonrock.S3.GetBucketOwnershipControlsResult
function Client:get_bucket_ownership_controls(params) end

---@class moonrock.S3.GetBucketPolicyParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketPolicyResult: moonrock.Result
---@field Policy? string

---@param params moonrock.S3.GetBucketPolicyParams
---@return moonrock.S3.GetBucketPolicyResult
function Client:get_bucket_policy(params) end

---@class moonrock.S3.GetBucketPolicyStatusParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketPolicyStatusResult: moonrock.Result
---@field PolicyStatus? moonrock.S3.PolicyStatus

---@param params moonrock.S3.GetBucketPolicyStatusParams
---@return moonrock.S3.GetBucketPolicyStatusResult
function Client:get_bucket_policy_status(params) end

---@class moonrock.S3.GetBucketReplicationParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketReplicationResult: moonrock.Result
---@field ReplicationConfiguration? moonrock.S3.ReplicationConfiguration

---@param params moonrock.S3.GetBucketReplicationParams
---@return moonrock.S3.GetBucketReplicationResult
function Client:get_bucket_replication(params) end

---@class moonrock.S3.GetBucketRequestPaymentParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketRequestPaymentResult: moonrock.Result
---@field Payer? "Requester"|"BucketOwner"

---@param params moonrock.S3.GetBucketRequestPaymentParams
---@return moonrock.S3.GetBucketRequestPaymentResult
function Client:get_bucket_request_payment(params) end

---@class moonrock.S3.GetBucketTaggingParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketTaggingResult: moonrock.Result
---@field TagSet? moonrock.S3.Tag[]

---@param params moonrock.S3.GetBucketTaggingParams
---@return moonrock.S3.GetBucketTaggingResult
function Client:get_bucket_tagging(params) end

---@class moonrock.S3.GetBucketVersioningParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketVersioningResult: moonrock.Result
---@field Status? "Enabled"|"Suspended"
---@field MFADelete? "Enabled"|"Disabled"

---@param params moonrock.S3.GetBucketVersioningParams
---@return moonrock.S3.GetBucketVersioningResult
function Client:get_bucket_versioning(params) end

---@class moonrock.S3.GetBucketWebsiteParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetBucketWebsiteResult: moonrock.Result
---@field RedirectAllRequestsTo? moonrock.S3.RedirectAllRequestsTo
---@field IndexDocument? moonrock.S3.IndexDocument
---@field ErrorDocument? moonrock.S3.ErrorDocument
---@field RoutingRules? moonrock.S3.RoutingRule[]

---@param params moonrock.S3.GetBucketWebsiteParams
---@return moonrock.S3.GetBucketWebsiteResult
function Client:get_bucket_website(params) end

---@class moonrock.S3.GetObjectParams
---@field Bucket string
---@field IfMatch? string
---@field IfModifiedSince? number|string
---@field IfNoneMatch? string
---@field IfUnmodifiedSince? number|string
---@field Key string
---@field Range? string
---@field ResponseCacheControl? string
---@field ResponseContentDisposition? string
---@field ResponseContentEncoding? string
---@field ResponseContentLanguage? string
---@field ResponseContentType? string
---@field ResponseExpires? number|string
---@field VersionId? string
---@field SSECustomerAlgorithm? string
---@field SSECustomerKey? string
---@field SSECustomerKeyMD5? string
---@field RequestPayer? "requester"
---@field PartNumber? integer
---@field ExpectedBucketOwner? string
---@field ChecksumMode? "ENABLED"

---@class moonrock.S3.GetObjectResult: moonrock.Result
---@field Body? moonrock.Reader
---@field DeleteMarker? boolean
---@field AcceptRanges? string
---@field Expiration? string
---@field Restore? string
---@field LastModified? number|string
---@field ContentLength? integer
---@field ETag? string
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string
---@field ChecksumType? "COMPOSITE"|"FULL_OBJECT"
---@field MissingMeta? integer
---@field VersionId? string
---@field CacheControl? string
---@field ContentDisposition? string
---@field ContentEncoding? string
---@field ContentLanguage? string
---@field ContentRange? string
---@field ContentType? string
---@field Expires? number|string
---@field WebsiteRedirectLocation? string
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field Metadata? table<string, string>
---@field SSECustomerAlgorithm? string
---@field SSECustomerKeyMD5? string
---@field SSEKMSKeyId? string
---@field BucketKeyEnabled? boolean
---@field StorageClass? string
---@field RequestCharged? "requester"
---@field ReplicationStatus? "COMPLETE"|"PENDING"|"FAILED"|"REPLICA"|"COMPLETED"
---@field PartsCount? integer
---@field TagCount? integer
---@field ObjectLockMode? "GOVERNANCE"|"COMPLIANCE"
---@field ObjectLockRetainUntilDate? number|string
---@field ObjectLockLegalHoldStatus? "ON"|"OFF"
---@field ObjectLockEventHold? "ON"|"OFF"
---@field ObjectLockEventHoldDurationDays? integer
---@field ObjectLockEventHoldDurationYears? integer

---@param params moonrock.S3.GetObjectParams
---@return moonrock.S3.GetObjectResult
function Client:get_object(params) end

---@class moonrock.S3.GetObjectAclParams
---@field Bucket string
---@field Key string
---@field VersionId? string
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetObjectAclResult: moonrock.Result
---@field Owner? moonrock.S3.Owner
---@field Grants? moonrock.S3.Grant[]
---@field RequestCharged? "requester"

---@param params moonrock.S3.GetObjectAclParams
---@return moonrock.S3.GetObjectAclResult
function Client:get_object_acl(params) end

---@class moonrock.S3.GetObjectAnnotationParams
---@field Bucket string
---@field Key string
---@field AnnotationName string
---@field VersionId? string
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string
---@field ChecksumMode? "ENABLED"

---@class moonrock.S3.GetObjectAnnotationResult: moonrock.Result
---@field AnnotationPayload? moonrock.Reader
---@field ObjectVersionId? string
---@field LastModified? number|string
---@field ContentLength? integer
---@field ETag? string
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string
---@field ChecksumType? "COMPOSITE"|"FULL_OBJECT"
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field RequestCharged? "requester"
---@field ReplicationStatus? "COMPLETE"|"PENDING"|"FAILED"|"REPLICA"|"COMPLETED"

---@param params moonrock.S3.GetObjectAnnotationParams
---@return moonrock.S3.GetObjectAnnotationResult
function Client:get_object_annotation(params) end

---@class moonrock.S3.GetObjectAttributesParams
---@field Bucket string
---@field Key string
---@field VersionId? string
---@field MaxParts? integer
---@field PartNumberMarker? integer
---@field SSECustomerAlgorithm? string
---@field SSECustomerKey? string
---@field SSECustomerKeyMD5? string
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string
---@field ObjectAttributes ("ETag"|"Checksum"|"ObjectParts"|"StorageClass"|"ObjectSize")[]

---@class moonrock.S3.GetObjectAttributesResult: moonrock.Result
---@field DeleteMarker? boolean
---@field LastModified? number|string
---@field VersionId? string
---@field RequestCharged? "requester"
---@field ETag? string
---@field Checksum? moonrock.S3.Checksum
---@field ObjectParts? moonrock.S3.GetObjectAttributesParts
---@field StorageClass? string
---@field ObjectSize? integer

---@param params moonrock.S3.GetObjectAttributesParams
---@return moonrock.S3.GetObjectAttributesResult
function Client:get_object_attributes(params) end

---@class moonrock.S3.GetObjectLegalHoldParams
---@field Bucket string
---@field Key string
---@field VersionId? string
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetObjectLegalHoldResult: moonrock.Result
---@field LegalHold? moonrock.S3.ObjectLockLegalHold

---@param params moonrock.S3.GetObjectLegalHoldParams
---@return moonrock.S3.GetObjectLegalHoldResult
function Client:get_object_legal_hold(params) end

---@class moonrock.S3.GetObjectLockConfigurationParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetObjectLockConfigurationResult: moonrock.Result
---@field ObjectLockConfiguration? moonrock.S3.ObjectLockConfiguration

---@param params moonrock.S3.GetObjectLockConfigurationParams
---@return moonrock.S3.GetObjectLockConfigurationResult
function Client:get_object_lock_configuration(params) end

---@class moonrock.S3.GetObjectRetentionParams
---@field Bucket string
---@field Key string
---@field VersionId? string
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetObjectRetentionResult: moonrock.Result
---@field Retention? moonrock.S3.ObjectLockRetention

---@param params moonrock.S3.GetObjectRetentionParams
---@return moonrock.S3.GetObjectRetentionResult
function Client:get_object_retention(params) end

---@class moonrock.S3.GetObjectTaggingParams
---@field Bucket string
---@field Key string
---@field VersionId? string
---@field ExpectedBucketOwner? string
---@field RequestPayer? "requester"

---@class moonrock.S3.GetObjectTaggingResult: moonrock.Result
---@field VersionId? string
---@field TagSet? moonrock.S3.Tag[]

---@param params moonrock.S3.GetObjectTaggingParams
---@return moonrock.S3.GetObjectTaggingResult
function Client:get_object_tagging(params) end

---@class moonrock.S3.GetObjectTorrentParams
---@field Bucket string
---@field Key string
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetObjectTorrentResult: moonrock.Result
---@field Body? moonrock.Reader
---@field RequestCharged? "requester"

---@param params moonrock.S3.GetObjectTorrentParams
---@return moonrock.S3.GetObjectTorrentResult
function Client:get_object_torrent(params) end

---@class moonrock.S3.GetPublicAccessBlockParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.GetPublicAccessBlockResult: moonrock.Result
---@field PublicAccessBlockConfiguration? moonrock.S3.PublicAccessBlockConfiguration

---@param params moonrock.S3.GetPublicAccessBlockParams
---@return moonrock.S3.GetPublicAccessBlockResult
function Client:get_public_access_block(params) end

---@class moonrock.S3.HeadBucketParams
---@field Bucket string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.HeadBucketResult: moonrock.Result
---@field BucketArn? string
---@field BucketLocationType? "AvailabilityZone"|"LocalZone"
---@field BucketLocationName? string
---@field BucketRegion? string
---@field AccessPointAlias? boolean

---@param params moonrock.S3.HeadBucketParams
---@return moonrock.S3.HeadBucketResult
function Client:head_bucket(params) end

---@class moonrock.S3.HeadObjectParams
---@field Bucket string
---@field IfMatch? string
---@field IfModifiedSince? number|string
---@field IfNoneMatch? string
---@field IfUnmodifiedSince? number|string
---@field Key string
---@field Range? string
---@field ResponseCacheControl? string
---@field ResponseContentDisposition? string
---@field ResponseContentEncoding? string
---@field ResponseContentLanguage? string
---@field ResponseContentType? string
---@field ResponseExpires? number|string
---@field VersionId? string
---@field SSECustomerAlgorithm? string
---@field SSECustomerKey? string
---@field SSECustomerKeyMD5? string
---@field RequestPayer? "requester"
---@field PartNumber? integer
---@field ExpectedBucketOwner? string
---@field ChecksumMode? "ENABLED"

---@class moonrock.S3.HeadObjectResult: moonrock.Result
---@field DeleteMarker? boolean
---@field AcceptRanges? string
---@field Expiration? string
---@field Restore? string
---@field ArchiveStatus? "ARCHIVE_ACCESS"|"DEEP_ARCHIVE_ACCESS"
---@field LastModified? number|string
---@field ContentLength? integer
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string
---@field ChecksumType? "COMPOSITE"|"FULL_OBJECT"
---@field ETag? string
---@field MissingMeta? integer
---@field VersionId? string
---@field CacheControl? string
---@field ContentDisposition? string
---@field ContentEncoding? string
---@field ContentLanguage? string
---@field ContentType? string
---@field ContentRange? string
---@field Expires? number|string
---@field WebsiteRedirectLocation? string
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field Metadata? table<string, string>
---@field SSECustomerAlgorithm? string
---@field SSECustomerKeyMD5? string
---@field SSEKMSKeyId? string
---@field BucketKeyEnabled? boolean
---@field StorageClass? string
---@field RequestCharged? "requester"
---@field ReplicationStatus? "COMPLETE"|"PENDING"|"FAILED"|"REPLICA"|"COMPLETED"
---@field PartsCount? integer
---@field TagCount? integer
---@field ObjectLockMode? "GOVERNANCE"|"COMPLIANCE"
---@field ObjectLockRetainUntilDate? number|string
---@field ObjectLockLegalHoldStatus? "ON"|"OFF"
---@field ObjectLockEventHold? "ON"|"OFF"
---@field ObjectLockEventHoldDurationDays? integer
---@field ObjectLockEventHoldDurationYears? integer

---@param params moonrock.S3.HeadObjectParams
---@return moonrock.S3.HeadObjectResult
function Client:head_object(params) end

---@class moonrock.S3.ListBucketAnalyticsConfigurationsParams
---@field Bucket string
---@field ContinuationToken? string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.ListBucketAnalyticsConfigurationsResult: moonrock.Result
---@field IsTruncated? boolean
---@field ContinuationToken? string
---@field NextContinuationToken? string
---@field AnalyticsConfigurationList? moonrock.S3.AnalyticsConfiguration[]

---@param params moonrock.S3.ListBucketAnalyticsConfigurationsParams
---@return moonrock.S3.ListBucketAnalyticsConfigurationsResult
function Client:list_bucket_analytics_configurations(params) end

---@class moonrock.S3.ListBucketIntelligentTieringConfigurationsParams
---@field Bucket string
---@field ContinuationToken? string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.ListBucketIntelligentTieringConfigurationsResult: moonrock.Result
---@field IsTruncated? boolean
---@field ContinuationToken? string
---@field NextContinuationToken? string
---@field IntelligentTieringConfigurationList? moonrock.S3.IntelligentTieringConfiguration[]

---@param params moonrock.S3.ListBucketIntelligentTieringConfigurationsParams
---@return moonrock.S3.ListBucketIntelligentTieringConfigurationsResult
function Client:list_bucket_intelligent_tiering_configurations(params) end

---@class moonrock.S3.ListBucketInventoryConfigurationsParams
---@field Bucket string
---@field ContinuationToken? string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.ListBucketInventoryConfigurationsResult: moonrock.Result
---@field ContinuationToken? string
---@field InventoryConfigurationList? moonrock.S3.InventoryConfiguration[]
---@field IsTruncated? boolean
---@field NextContinuationToken? string

---@param params moonrock.S3.ListBucketInventoryConfigurationsParams
---@return moonrock.S3.ListBucketInventoryConfigurationsResult
function Client:list_bucket_inventory_configurations(params) end

---@class moonrock.S3.ListBucketMetricsConfigurationsParams
---@field Bucket string
---@field ContinuationToken? string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.ListBucketMetricsConfigurationsResult: moonrock.Result
---@field IsTruncated? boolean
---@field ContinuationToken? string
---@field NextContinuationToken? string
---@field MetricsConfigurationList? moonrock.S3.MetricsConfiguration[]

---@param params moonrock.S3.ListBucketMetricsConfigurationsParams
---@return moonrock.S3.ListBucketMetricsConfigurationsResult
function Client:list_bucket_metrics_configurations(params) end

---@class moonrock.S3.ListBucketsParams
---@field MaxBuckets? integer
---@field ContinuationToken? string
---@field Prefix? string
---@field BucketRegion? string

---@class moonrock.S3.ListBucketsResult: moonrock.Result
---@field Buckets? moonrock.S3.Bucket[]
---@field Owner? moonrock.S3.Owner
---@field ContinuationToken? string
---@field Prefix? string

---@param params? moonrock.S3.ListBucketsParams
---@return moonrock.S3.ListBucketsResult
function Client:list_buckets(params) end

---@class moonrock.S3.ListDirectoryBucketsParams
---@field ContinuationToken? string
---@field MaxDirectoryBuckets? integer

---@class moonrock.S3.ListDirectoryBucketsResult: moonrock.Result
---@field Buckets? moonrock.S3.Bucket[]
---@field ContinuationToken? string

---@param params? moonrock.S3.ListDirectoryBucketsParams
---@return moonrock.S3.ListDirectoryBucketsResult
function Client:list_directory_buckets(params) end

---@class moonrock.S3.ListMultipartUploadsParams
---@field Bucket string
---@field Delimiter? string
---@field EncodingType? "url"
---@field KeyMarker? string
---@field MaxUploads? integer
---@field Prefix? string
---@field UploadIdMarker? string
---@field ExpectedBucketOwner? string
---@field RequestPayer? "requester"

---@class moonrock.S3.ListMultipartUploadsResult: moonrock.Result
---@field Bucket? string
---@field KeyMarker? string
---@field UploadIdMarker? string
---@field NextKeyMarker? string
---@field Prefix? string
---@field Delimiter? string
---@field NextUploadIdMarker? string
---@field MaxUploads? integer
---@field IsTruncated? boolean
---@field Uploads? moonrock.S3.MultipartUpload[]
---@field CommonPrefixes? moonrock.S3.CommonPrefix[]
---@field EncodingType? "url"
---@field RequestCharged? "requester"

---@param params moonrock.S3.ListMultipartUploadsParams
---@return moonrock.S3.ListMultipartUploadsResult
function Client:list_multipart_uploads(params) end

---@class moonrock.S3.ListObjectAnnotationsParams
---@field Bucket string
---@field Key string
---@field VersionId? string
---@field MaxAnnotationResults? integer
---@field AnnotationPrefix? string
---@field ContinuationToken? string
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string

---@class moonrock.S3.ListObjectAnnotationsResult: moonrock.Result
---@field Annotations? moonrock.S3.AnnotationEntry[]
---@field Bucket? string
---@field Key? string
---@field ObjectVersionId? string
---@field AnnotationPrefix? string
---@field MaxAnnotationResults? integer
---@field AnnotationCount? integer
---@field ContinuationToken? string
---@field NextContinuationToken? string
---@field RequestCharged? "requester"

---@param params moonrock.S3.ListObjectAnnotationsParams
---@return moonrock.S3.ListObjectAnnotationsResult
function Client:list_object_annotations(params) end

---@class moonrock.S3.ListObjectVersionsParams
---@field Bucket string
---@field Delimiter? string
---@field EncodingType? "url"
---@field KeyMarker? string
---@field MaxKeys? integer
---@field Prefix? string
---@field VersionIdMarker? string
---@field ExpectedBucketOwner? string
---@field RequestPayer? "requester"
---@field OptionalObjectAttributes? "RestoreStatus"[]

---@class moonrock.S3.ListObjectVersionsResult: moonrock.Result
---@field IsTruncated? boolean
---@field KeyMarker? string
---@field VersionIdMarker? string
---@field NextKeyMarker? string
---@field NextVersionIdMarker? string
---@field Versions? moonrock.S3.ObjectVersion[]
---@field DeleteMarkers? moonrock.S3.DeleteMarkerEntry[]
---@field Name? string
---@field Prefix? string
---@field Delimiter? string
---@field MaxKeys? integer
---@field CommonPrefixes? moonrock.S3.CommonPrefix[]
---@field EncodingType? "url"
---@field RequestCharged? "requester"

---@param params moonrock.S3.ListObjectVersionsParams
---@return moonrock.S3.ListObjectVersionsResult
function Client:list_object_versions(params) end

---@class moonrock.S3.ListObjectsParams
---@field Bucket string
---@field Delimiter? string
---@field EncodingType? "url"
---@field Marker? string
---@field MaxKeys? integer
---@field Prefix? string
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string
---@field OptionalObjectAttributes? "RestoreStatus"[]

---@class moonrock.S3.ListObjectsResult: moonrock.Result
---@field IsTruncated? boolean
---@field Marker? string
---@field NextMarker? string
---@field Contents? moonrock.S3.Object[]
---@field Name? string
---@field Prefix? string
---@field Delimiter? string
---@field MaxKeys? integer
---@field CommonPrefixes? moonrock.S3.CommonPrefix[]
---@field EncodingType? "url"
---@field RequestCharged? "requester"

---@param params moonrock.S3.ListObjectsParams
---@return moonrock.S3.ListObjectsResult
function Client:list_objects(params) end

---@class moonrock.S3.ListObjectsV2Params
---@field Bucket string
---@field Delimiter? string
---@field EncodingType? "url"
---@field MaxKeys? integer
---@field Prefix? string
---@field ContinuationToken? string
---@field FetchOwner? boolean
---@field StartAfter? string
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string
---@field OptionalObjectAttributes? "RestoreStatus"[]

---@class moonrock.S3.ListObjectsV2Result: moonrock.Result
---@field IsTruncated? boolean
---@field Contents? moonrock.S3.Object[]
---@field Name? string
---@field Prefix? string
---@field Delimiter? string
---@field MaxKeys? integer
---@field CommonPrefixes? moonrock.S3.CommonPrefix[]
---@field EncodingType? "url"
---@field KeyCount? integer
---@field ContinuationToken? string
---@field NextContinuationToken? string
---@field StartAfter? string
---@field RequestCharged? "requester"

---@param params moonrock.S3.ListObjectsV2Params
---@return moonrock.S3.ListObjectsV2Result
function Client:list_objects_v2(params) end

---@class moonrock.S3.ListPartsParams
---@field Bucket string
---@field Key string
---@field MaxParts? integer
---@field PartNumberMarker? integer
---@field UploadId string
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string
---@field SSECustomerAlgorithm? string
---@field SSECustomerKey? string
---@field SSECustomerKeyMD5? string

---@class moonrock.S3.ListPartsResult: moonrock.Result
---@field AbortDate? number|string
---@field AbortRuleId? string
---@field Bucket? string
---@field Key? string
---@field UploadId? string
---@field PartNumberMarker? integer
---@field NextPartNumberMarker? integer
---@field MaxParts? integer
---@field IsTruncated? boolean
---@field Parts? moonrock.S3.Part[]
---@field Initiator? moonrock.S3.Initiator
---@field Owner? moonrock.S3.Owner
---@field StorageClass? string
---@field RequestCharged? "requester"
---@field ChecksumAlgorithm? string
---@field ChecksumType? "COMPOSITE"|"FULL_OBJECT"
---@field VersionId? string

---@param params moonrock.S3.ListPartsParams
---@return moonrock.S3.ListPartsResult
function Client:list_parts(params) end

---@class moonrock.S3.PutBucketAbacParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field ExpectedBucketOwner? string
---@field AbacStatus moonrock.S3.AbacStatus

---@param params moonrock.S3.PutBucketAbacParams
---@return moonrock.Result
function Client:put_bucket_abac(params) end

---@class moonrock.S3.PutBucketAccelerateConfigurationParams
---@field Bucket string
---@field AccelerateConfiguration moonrock.S3.AccelerateConfiguration
---@field ExpectedBucketOwner? string
---@field ChecksumAlgorithm? string

---@param params moonrock.S3.PutBucketAccelerateConfigurationParams
---@return moonrock.Result
function Client:put_bucket_accelerate_configuration(params) end

---@class moonrock.S3.PutBucketAclParams
---@field ACL? "private"|"public-read"|"public-read-write"|"authenticated-read"
---@field AccessControlPolicy? moonrock.S3.AccessControlPolicy
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field GrantFullControl? string
---@field GrantRead? string
---@field GrantReadACP? string
---@field GrantWrite? string
---@field GrantWriteACP? string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.PutBucketAclParams
---@return moonrock.Result
function Client:put_bucket_acl(params) end

---@class moonrock.S3.PutBucketAnalyticsConfigurationParams
---@field Bucket string
---@field Id string
---@field AnalyticsConfiguration moonrock.S3.AnalyticsConfiguration
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.PutBucketAnalyticsConfigurationParams
---@return moonrock.Result
function Client:put_bucket_analytics_configuration(params) end

---@class moonrock.S3.PutBucketCorsParams
---@field Bucket string
---@field CORSConfiguration moonrock.S3.CORSConfiguration
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.PutBucketCorsParams
---@return moonrock.Result
function Client:put_bucket_cors(params) end

---@class moonrock.S3.PutBucketEncryptionParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field ServerSideEncryptionConfiguration moonrock.S3.ServerSideEncryptionConfiguration
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.PutBucketEncryptionParams
---@return moonrock.Result
function Client:put_bucket_encryption(params) end

---@class moonrock.S3.PutBucketIntelligentTieringConfigurationParams
---@field Bucket string
---@field Id string
---@field ExpectedBucketOwner? string
---@field IntelligentTieringConfiguration moonrock.S3.IntelligentTieringConfiguration

---@param params moonrock.S3.PutBucketIntelligentTieringConfigurationParams
---@return moonrock.Result
function Client:put_bucket_intelligent_tiering_configuration(params) end

---@class moonrock.S3.PutBucketInventoryConfigurationParams
---@field Bucket string
---@field Id string
---@field InventoryConfiguration moonrock.S3.InventoryConfiguration
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.PutBucketInventoryConfigurationParams
---@return moonrock.Result
function Client:put_bucket_inventory_configuration(params) end

---@class moonrock.S3.PutBucketLifecycleParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field LifecycleConfiguration? moonrock.S3.LifecycleConfiguration
---@field ExpectedBucketOwner? string

---@deprecated
---@param params moonrock.S3.PutBucketLifecycleParams
---@return moonrock.Result
function Client:put_bucket_lifecycle(params) end

---@class moonrock.S3.PutBucketLifecycleConfigurationParams
---@field Bucket string
---@field ChecksumAlgorithm? string
---@field LifecycleConfiguration? moonrock.S3.BucketLifecycleConfiguration
---@field ExpectedBucketOwner? string
---@field TransitionDefaultMinimumObjectSize? "varies_by_storage_class"|"all_storage_classes_128K"

---@class moonrock.S3.PutBucketLifecycleConfigurationResult: moonrock.Result
---@field TransitionDefaultMinimumObjectSize? "varies_by_storage_class"|"all_storage_classes_128K"

---@param params moonrock.S3.PutBucketLifecycleConfigurationParams
---@return moonrock.S3.PutBucketLifecycleConfigurationResult
function Client:put_bucket_lifecycle_configuration(params) end

---@class moonrock.S3.PutBucketLoggingParams
---@field Bucket string
---@field BucketLoggingStatus moonrock.S3.BucketLoggingStatus
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.PutBucketLoggingParams
---@return moonrock.Result
function Client:put_bucket_logging(params) end

---@class moonrock.S3.PutBucketMetricsConfigurationParams
---@field Bucket string
---@field Id string
---@field MetricsConfiguration moonrock.S3.MetricsConfiguration
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.PutBucketMetricsConfigurationParams
---@return moonrock.Result
function Client:put_bucket_metrics_configuration(params) end

---@class moonrock.S3.PutBucketNotificationParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field NotificationConfiguration moonrock.S3.NotificationConfigurationDeprecated
---@field ExpectedBucketOwner? string

---@deprecated
---@param params moonrock.S3.PutBucketNotificationParams
---@return moonrock.Result
function Client:put_bucket_notification(params) end

---@class moonrock.S3.PutBucketNotificationConfigurationParams
---@field Bucket string
---@field NotificationConfiguration moonrock.S3.NotificationConfiguration
---@field ExpectedBucketOwner? string
---@field SkipDestinationValidation? boolean

---@param params moonrock.S3.PutBucketNotificationConfigurationParams
---@return moonrock.Result
function Client:put_bucket_notification_configuration(params) end

---@class moonrock.S3.PutBucketOwnershipControlsParams
---@field Bucket string
---@field ContentMD5? string
---@field ExpectedBucketOwner? string
---@field OwnershipControls moonrock.S3.OwnershipControls
---@field ChecksumAlgorithm? string

---@param params moonrock.S3.PutBucketOwnershipControlsParams
---@return moonrock.Result
function Client:put_bucket_ownership_controls(params) end

---@class moonrock.S3.PutBucketPolicyParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field ConfirmRemoveSelfBucketAccess? boolean
---@field Policy string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.PutBucketPolicyParams
---@return moonrock.Result
function Client:put_bucket_policy(params) end

---@class moonrock.S3.PutBucketReplicationParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field ReplicationConfiguration moonrock.S3.ReplicationConfiguration
---@field Token? string
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.PutBucketReplicationParams
---@return moonrock.Result
function Client:put_bucket_replication(params) end

---@class moonrock.S3.PutBucketRequestPaymentParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field RequestPaymentConfiguration moonrock.S3.RequestPaymentConfiguration
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.PutBucketRequestPaymentParams
---@return moonrock.Result
function Client:put_bucket_request_payment(params) end

---@class moonrock.S3.PutBucketTaggingParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field Tagging moonrock.S3.Tagging
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.PutBucketTaggingParams
---@return moonrock.Result
function Client:put_bucket_tagging(params) end

---@class moonrock.S3.PutBucketVersioningParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field MFA? string
---@field VersioningConfiguration moonrock.S3.VersioningConfiguration
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.PutBucketVersioningParams
---@return moonrock.Result
function Client:put_bucket_versioning(params) end

---@class moonrock.S3.PutBucketWebsiteParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field WebsiteConfiguration moonrock.S3.WebsiteConfiguration
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.PutBucketWebsiteParams
---@return moonrock.Result
function Client:put_bucket_website(params) end

---@class moonrock.S3.PutObjectParams
---@field ACL? "private"|"public-read"|"public-read-write"|"authenticated-read"|"aws-exec-read"|"bucket-owner-read"|"bucket-owner-full-control"
---@field Body? string|table|function
---@field Bucket string
---@field CacheControl? string
---@field ContentDisposition? string
---@field ContentEncoding? string
---@field ContentLanguage? string
---@field ContentLength? integer
---@field ContentMD5? string
---@field ContentType? string
---@field ChecksumAlgorithm? string
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string
---@field Expires? number|string
---@field IfMatch? string
---@field IfNoneMatch? string
---@field GrantFullControl? string
---@field GrantRead? string
---@field GrantReadACP? string
---@field GrantWriteACP? string
---@field Key string
---@field WriteOffsetBytes? integer
---@field Metadata? table<string, string>
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field StorageClass? string
---@field WebsiteRedirectLocation? string
---@field SSECustomerAlgorithm? string
---@field SSECustomerKey? string
---@field SSECustomerKeyMD5? string
---@field SSEKMSKeyId? string
---@field SSEKMSEncryptionContext? string
---@field BucketKeyEnabled? boolean
---@field RequestPayer? "requester"
---@field Tagging? string
---@field ObjectLockMode? "GOVERNANCE"|"COMPLIANCE"
---@field ObjectLockRetainUntilDate? number|string
---@field ObjectLockLegalHoldStatus? "ON"|"OFF"
---@field ObjectLockEventHold? "ON"|"OFF"
---@field ObjectLockEventHoldDurationDays? integer
---@field ObjectLockEventHoldDurationYears? integer
---@field ExpectedBucketOwner? string

---@class moonrock.S3.PutObjectResult: moonrock.Result
---@field Expiration? string
---@field ETag? string
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string
---@field ChecksumType? "COMPOSITE"|"FULL_OBJECT"
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field VersionId? string
---@field SSECustomerAlgorithm? string
---@field SSECustomerKeyMD5? string
---@field SSEKMSKeyId? string
---@field SSEKMSEncryptionContext? string
---@field BucketKeyEnabled? boolean
---@field Size? integer
---@field RequestCharged? "requester"

---@param params moonrock.S3.PutObjectParams
---@return moonrock.S3.PutObjectResult
function Client:put_object(params) end

---@class moonrock.S3.PutObjectAclParams
---@field ACL? "private"|"public-read"|"public-read-write"|"authenticated-read"|"aws-exec-read"|"bucket-owner-read"|"bucket-owner-full-control"
---@field AccessControlPolicy? moonrock.S3.AccessControlPolicy
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field GrantFullControl? string
---@field GrantRead? string
---@field GrantReadACP? string
---@field GrantWrite? string
---@field GrantWriteACP? string
---@field Key string
---@field RequestPayer? "requester"
---@field VersionId? string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.PutObjectAclResult: moonrock.Result
---@field RequestCharged? "requester"

---@param params moonrock.S3.PutObjectAclParams
---@return moonrock.S3.PutObjectAclResult
function Client:put_object_acl(params) end

---@class moonrock.S3.PutObjectAnnotationParams
---@field Bucket string
---@field Key string
---@field VersionId? string
---@field AnnotationName string
---@field AnnotationPayload string|table|function
---@field ObjectIfMatch? string
---@field ChecksumAlgorithm? string
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string
---@field ContentMD5? string
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string

---@class moonrock.S3.PutObjectAnnotationResult: moonrock.Result
---@field Key? string
---@field AnnotationName? string
---@field ObjectVersionId? string
---@field ETag? string
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string
---@field ChecksumType? "COMPOSITE"|"FULL_OBJECT"
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field RequestCharged? "requester"

---@param params moonrock.S3.PutObjectAnnotationParams
---@return moonrock.S3.PutObjectAnnotationResult
function Client:put_object_annotation(params) end

---@class moonrock.S3.PutObjectLegalHoldParams
---@field Bucket string
---@field Key string
---@field LegalHold? moonrock.S3.ObjectLockLegalHold
---@field RequestPayer? "requester"
---@field VersionId? string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.PutObjectLegalHoldResult: moonrock.Result
---@field RequestCharged? "requester"

---@param params moonrock.S3.PutObjectLegalHoldParams
---@return moonrock.S3.PutObjectLegalHoldResult
function Client:put_object_legal_hold(params) end

---@class moonrock.S3.PutObjectLockConfigurationParams
---@field Bucket string
---@field ObjectLockConfiguration? moonrock.S3.ObjectLockConfiguration
---@field RequestPayer? "requester"
---@field Token? string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.PutObjectLockConfigurationResult: moonrock.Result
---@field RequestCharged? "requester"

---@param params moonrock.S3.PutObjectLockConfigurationParams
---@return moonrock.S3.PutObjectLockConfigurationResult
function Client:put_object_lock_configuration(params) end

---@class moonrock.S3.PutObjectRetentionParams
---@field Bucket string
---@field Key string
---@field Retention? moonrock.S3.ObjectLockRetention
---@field RequestPayer? "requester"
---@field VersionId? string
---@field BypassGovernanceRetention? boolean
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.PutObjectRetentionResult: moonrock.Result
---@field RequestCharged? "requester"

---@param params moonrock.S3.PutObjectRetentionParams
---@return moonrock.S3.PutObjectRetentionResult
function Client:put_object_retention(params) end

---@class moonrock.S3.PutObjectTaggingParams
---@field Bucket string
---@field Key string
---@field VersionId? string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field Tagging moonrock.S3.Tagging
---@field ExpectedBucketOwner? string
---@field RequestPayer? "requester"

---@class moonrock.S3.PutObjectTaggingResult: moonrock.Result
---@field VersionId? string

---@param params moonrock.S3.PutObjectTaggingParams
---@return moonrock.S3.PutObjectTaggingResult
function Client:put_object_tagging(params) end

---@class moonrock.S3.PutPublicAccessBlockParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field PublicAccessBlockConfiguration moonrock.S3.PublicAccessBlockConfiguration
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.PutPublicAccessBlockParams
---@return moonrock.Result
function Client:put_public_access_block(params) end

---@class moonrock.S3.RenameObjectParams
---@field Bucket string
---@field Key string
---@field RenameSource string
---@field DestinationIfMatch? string
---@field DestinationIfNoneMatch? string
---@field DestinationIfModifiedSince? number|string
---@field DestinationIfUnmodifiedSince? number|string
---@field SourceIfMatch? string
---@field SourceIfNoneMatch? string
---@field SourceIfModifiedSince? number|string
---@field SourceIfUnmodifiedSince? number|string
---@field ClientToken? string

---@param params moonrock.S3.RenameObjectParams
---@return moonrock.Result
function Client:rename_object(params) end

---@class moonrock.S3.RestoreObjectParams
---@field Bucket string
---@field Key string
---@field VersionId? string
---@field RestoreRequest? moonrock.S3.RestoreRequest
---@field RequestPayer? "requester"
---@field ChecksumAlgorithm? string
---@field ExpectedBucketOwner? string

---@class moonrock.S3.RestoreObjectResult: moonrock.Result
---@field RequestCharged? "requester"
---@field RestoreOutputPath? string

---@param params moonrock.S3.RestoreObjectParams
---@return moonrock.S3.RestoreObjectResult
function Client:restore_object(params) end

---@class moonrock.S3.SelectObjectContentParams
---@field Bucket string
---@field Key string
---@field SSECustomerAlgorithm? string
---@field SSECustomerKey? string
---@field SSECustomerKeyMD5? string
---@field Expression string
---@field ExpressionType "SQL"
---@field RequestProgress? moonrock.S3.RequestProgress
---@field InputSerialization moonrock.S3.InputSerialization
---@field OutputSerialization moonrock.S3.OutputSerialization
---@field ScanRange? moonrock.S3.ScanRange
---@field ExpectedBucketOwner? string

---@class moonrock.S3.SelectObjectContentResult: moonrock.Result
---@field Payload? any

---@param params moonrock.S3.SelectObjectContentParams
---@return moonrock.S3.SelectObjectContentResult
function Client:select_object_content(params) end

---@class moonrock.S3.UpdateBucketMetadataAnnotationTableConfigurationParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field AnnotationTableConfiguration moonrock.S3.AnnotationTableConfigurationUpdates
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.UpdateBucketMetadataAnnotationTableConfigurationParams
---@return moonrock.Result
function Client:update_bucket_metadata_annotation_table_configuration(params) end

---@class moonrock.S3.UpdateBucketMetadataInventoryTableConfigurationParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field InventoryTableConfiguration moonrock.S3.InventoryTableConfigurationUpdates
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.UpdateBucketMetadataInventoryTableConfigurationParams
---@return moonrock.Result
function Client:update_bucket_metadata_inventory_table_configuration(params) end

---@class moonrock.S3.UpdateBucketMetadataJournalTableConfigurationParams
---@field Bucket string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field JournalTableConfiguration moonrock.S3.JournalTableConfigurationUpdates
---@field ExpectedBucketOwner? string

---@param params moonrock.S3.UpdateBucketMetadataJournalTableConfigurationParams
---@return moonrock.Result
function Client:update_bucket_metadata_journal_table_configuration(params) end

---@class moonrock.S3.UpdateObjectEncryptionParams
---@field Bucket string
---@field Key string
---@field VersionId? string
---@field ObjectEncryption moonrock.S3.ObjectEncryption
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string
---@field ContentMD5? string
---@field ChecksumAlgorithm? string

---@class moonrock.S3.UpdateObjectEncryptionResult: moonrock.Result
---@field RequestCharged? "requester"

---@param params moonrock.S3.UpdateObjectEncryptionParams
---@return moonrock.S3.UpdateObjectEncryptionResult
function Client:update_object_encryption(params) end

---@class moonrock.S3.UploadPartParams
---@field Body? string|table|function
---@field Bucket string
---@field ContentLength? integer
---@field ContentMD5? string
---@field ChecksumAlgorithm? string
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string
---@field Key string
---@field PartNumber integer
---@field UploadId string
---@field SSECustomerAlgorithm? string
---@field SSECustomerKey? string
---@field SSECustomerKeyMD5? string
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string

---@class moonrock.S3.UploadPartResult: moonrock.Result
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field ETag? string
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string
---@field SSECustomerAlgorithm? string
---@field SSECustomerKeyMD5? string
---@field SSEKMSKeyId? string
---@field BucketKeyEnabled? boolean
---@field RequestCharged? "requester"
---@field VersionId? string

---@param params moonrock.S3.UploadPartParams
---@return moonrock.S3.UploadPartResult
function Client:upload_part(params) end

---@class moonrock.S3.UploadPartCopyParams
---@field Bucket string
---@field CopySource string
---@field CopySourceIfMatch? string
---@field CopySourceIfModifiedSince? number|string
---@field CopySourceIfNoneMatch? string
---@field CopySourceIfUnmodifiedSince? number|string
---@field CopySourceRange? string
---@field Key string
---@field PartNumber integer
---@field UploadId string
---@field SSECustomerAlgorithm? string
---@field SSECustomerKey? string
---@field SSECustomerKeyMD5? string
---@field CopySourceSSECustomerAlgorithm? string
---@field CopySourceSSECustomerKey? string
---@field CopySourceSSECustomerKeyMD5? string
---@field RequestPayer? "requester"
---@field ExpectedBucketOwner? string
---@field ExpectedSourceBucketOwner? string

---@class moonrock.S3.UploadPartCopyResult: moonrock.Result
---@field CopySourceVersionId? string
---@field CopyPartResult? moonrock.S3.CopyPartResult
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field SSECustomerAlgorithm? string
---@field SSECustomerKeyMD5? string
---@field SSEKMSKeyId? string
---@field BucketKeyEnabled? boolean
---@field RequestCharged? "requester"
---@field VersionId? string

---@param params moonrock.S3.UploadPartCopyParams
---@return moonrock.S3.UploadPartCopyResult
function Client:upload_part_copy(params) end

---@class moonrock.S3.WriteGetObjectResponseParams
---@field RequestRoute string
---@field RequestToken string
---@field Body? string|table|function
---@field StatusCode? integer
---@field ErrorCode? string
---@field ErrorMessage? string
---@field AcceptRanges? string
---@field CacheControl? string
---@field ContentDisposition? string
---@field ContentEncoding? string
---@field ContentLanguage? string
---@field ContentLength? integer
---@field ContentRange? string
---@field ContentType? string
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string
---@field DeleteMarker? boolean
---@field ETag? string
---@field Expires? number|string
---@field Expiration? string
---@field LastModified? number|string
---@field MissingMeta? integer
---@field Metadata? table<string, string>
---@field ObjectLockMode? "GOVERNANCE"|"COMPLIANCE"
---@field ObjectLockLegalHoldStatus? "ON"|"OFF"
---@field ObjectLockRetainUntilDate? number|string
---@field PartsCount? integer
---@field ReplicationStatus? "COMPLETE"|"PENDING"|"FAILED"|"REPLICA"|"COMPLETED"
---@field RequestCharged? "requester"
---@field Restore? string
---@field ServerSideEncryption? "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field SSECustomerAlgorithm? string
---@field SSEKMSKeyId? string
---@field SSECustomerKeyMD5? string
---@field StorageClass? string
---@field TagCount? integer
---@field VersionId? string
---@field BucketKeyEnabled? boolean

---@param params moonrock.S3.WriteGetObjectResponseParams
---@return moonrock.Result
function Client:write_get_object_response(params) end

---Uploads a file.  Parts go in parallel; every part and the whole are verified by checksum.
---With `resume` what a killed process has sent is compared with the file and not sent again.
---@param path string
---@param bucket string
---@param key string
---@param opts? moonrock.TransferOptions
---@return {ETag: string, size: integer, parts: integer, checksum: table}
function Client:upload_file(path, bucket, key, opts) end

---Uploads what has no size before its end: a pipe, the Body of another object, what a function yields.
---Nothing is stored unless all of it came: an error of the source, too, leaves no object and no parts.
---In memory are at most `concurrency` parts; after 1,000 of one size the next are twice as large.
---@param source file*|moonrock.Reader|fun(): string|nil an open file, a reader, or a function that gives the next
---bytes, nil at the end
---@param bucket string
---@param key string
---@param opts? moonrock.TransferOptions by default 4 parts of 5 MiB at once; on_progress gets no total before the end
---@return {ETag: string, size: integer, parts: integer, checksum: table}
function Client:upload_fileobj(source, bucket, key, opts) end

---Downloads an object to a file.
---@param bucket string
---@param key string
---@param path string
---@param opts? moonrock.TransferOptions
---@return {size: integer, ETag: string, checksum: table|nil} checksum: what was verified
function Client:download_file(bucket, key, path, opts) end

---Makes the objects below a prefix what a folder holds, or a folder what is below a prefix: one side is a
---local folder, the other "s3://bucket/prefix".  What both have is left alone; the option `compare` says how
---that is told.  A file that is downloaded has its object's time, so that a sync back sends nothing.
---Symbolic links are followed, but nothing is written or deleted outside of the folder through them.
---Keys that cannot be files there (with "..", or "a" beside "a/b") are an error of code UnsafeKey before
---anything is transferred.  Files that fail do not stop the others: at the end the error SyncFailed has them
---in `failures`, a list of { path =, key =, error = }, and nothing was deleted.
---@param from string
---@param to string
---@param opts? moonrock.SyncOptions
---@return moonrock.SyncResult result with dry_run: what it would be
function Client:sync(from, to, opts) end

---A URL that allows one operation for a while, without credentials.
---@param operation string "get_object", "put_object", ...
---@param params table its parameters, without a body
---@param expires? integer seconds, 1 to 604800; default 3600
---@return string url
function Client:generate_presigned_url(operation, params, expires) end

---Makes sure that the bucket exists and is the caller's.
---@param bucket string
---@return boolean created
function Client:ensure_bucket(bucket) end

---Deletes the objects of a list of keys.
---@param bucket string
---@param keys string[]
---@return integer count
function Client:delete_keys(bucket, keys) end

---Deletes every object of a bucket (or below a prefix) and aborts its unfinished uploads.
---@param bucket string
---@param opts? {prefix?: string, versions?: boolean} versions: old versions and markers too
---@return integer objects
---@return integer uploads
function Client:empty_bucket(bucket, opts) end

---@class moonrock.S3.CompletedMultipartUpload
---@field Parts? moonrock.S3.CompletedPart[]

---@class moonrock.S3.CopyObjectResult
---@field ETag? string
---@field LastModified? number|string
---@field ChecksumType? "COMPOSITE"|"FULL_OBJECT"
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string

---@class moonrock.S3.CreateBucketConfiguration
---@field LocationConstraint? string
---@field Location? moonrock.S3.LocationInfo
---@field Bucket? moonrock.S3.BucketInfo
---@field Tags? moonrock.S3.Tag[]

---@class moonrock.S3.MetadataConfiguration
---@field JournalTableConfiguration moonrock.S3.JournalTableConfiguration
---@field InventoryTableConfiguration? moonrock.S3.InventoryTableConfiguration
---@field AnnotationTableConfiguration? moonrock.S3.AnnotationTableConfiguration

---@class moonrock.S3.MetadataTableConfiguration
---@field S3TablesDestination moonrock.S3.S3TablesDestination

---@class moonrock.S3.SessionCredentials
---@field AccessKeyId string
---@field SecretAccessKey moonrock.Secret
---@field SessionToken moonrock.Secret
---@field Expiration number|string

---@class moonrock.S3.Delete
---@field Objects moonrock.S3.ObjectIdentifier[]
---@field Quiet? boolean

---@class moonrock.S3.DeletedObject
---@field Key? string
---@field VersionId? string
---@field DeleteMarker? boolean
---@field DeleteMarkerVersionId? string

---@class moonrock.S3.Error
---@field Key? string
---@field VersionId? string
---@field Code? string
---@field Message? string

---@class moonrock.S3.AbacStatus
---@field Status? "Enabled"|"Disabled"

---@class moonrock.S3.Owner
---@field DisplayName? string
---@field ID? string

---@class moonrock.S3.Grant
---@field Grantee? moonrock.S3.Grantee
---@field Permission? "FULL_CONTROL"|"WRITE"|"WRITE_ACP"|"READ"|"READ_ACP"

---@class moonrock.S3.AnalyticsConfiguration
---@field Id string
---@field Filter? moonrock.S3.AnalyticsFilter
---@field StorageClassAnalysis moonrock.S3.StorageClassAnalysis

---@class moonrock.S3.CORSRule
---@field ID? string
---@field AllowedHeaders? string[]
---@field AllowedMethods string[]
---@field AllowedOrigins string[]
---@field ExposeHeaders? string[]
---@field MaxAgeSeconds? integer

---@class moonrock.S3.ServerSideEncryptionConfiguration
---@field Rules moonrock.S3.ServerSideEncryptionRule[]

---@class moonrock.S3.IntelligentTieringConfiguration
---@field Id string
---@field Filter? moonrock.S3.IntelligentTieringFilter
---@field Status "Enabled"|"Disabled"
---@field Tierings moonrock.S3.Tiering[]

---@class moonrock.S3.InventoryConfiguration
---@field Destination moonrock.S3.InventoryDestination
---@field IsEnabled boolean
---@field Filter? moonrock.S3.InventoryFilter
---@field Id string
---@field IncludedObjectVersions "All"|"Current"
---@field OptionalFields? string[]
---@field Schedule moonrock.S3.InventorySchedule

---@class moonrock.S3.Rule
---@field Expiration? moonrock.S3.LifecycleExpiration
---@field ID? string
---@field Prefix string
---@field Status "Enabled"|"Disabled"
---@field Transition? moonrock.S3.Transition
---@field NoncurrentVersionTransition? moonrock.S3.NoncurrentVersionTransition
---@field NoncurrentVersionExpiration? moonrock.S3.NoncurrentVersionExpiration
---@field AbortIncompleteMultipartUpload? moonrock.S3.AbortIncompleteMultipartUpload

---@class moonrock.S3.LifecycleRule
---@field Expiration? moonrock.S3.LifecycleExpiration
---@field ID? string
---@field Prefix? string
---@field Filter? moonrock.S3.LifecycleRuleFilter
---@field Status "Enabled"|"Disabled"
---@field Transitions? moonrock.S3.Transition[]
---@field NoncurrentVersionTransitions? moonrock.S3.NoncurrentVersionTransition[]
---@field NoncurrentVersionExpiration? moonrock.S3.NoncurrentVersionExpiration
---@field AbortIncompleteMultipartUpload? moonrock.S3.AbortIncompleteMultipartUpload

---@class moonrock.S3.LoggingEnabled
---@field TargetBucket string
---@field TargetGrants? moonrock.S3.TargetGrant[]
---@field TargetPrefix string
---@field TargetObjectKeyFormat? moonrock.S3.TargetObjectKeyFormat

---@class moonrock.S3.GetBucketMetadataConfigurationResult
---@field MetadataConfigurationResult moonrock.S3.MetadataConfigurationResult

---@class moonrock.S3.GetBucketMetadataTableConfigurationResult
---@field MetadataTableConfigurationResult moonrock.S3.MetadataTableConfigurationResult
---@field Status string
---@field Error? moonrock.S3.ErrorDetails

---@class moonrock.S3.MetricsConfiguration
---@field Id string
---@field Filter? moonrock.S3.MetricsFilter

---@class moonrock.S3.TopicConfigurationDeprecated
---@field Id? string
---@field Events? string[]
---@field Event? string
---@field Topic? string

---@class moonrock.S3.QueueConfigurationDeprecated
---@field Id? string
---@field Event? string
---@field Events? string[]
---@field Queue? string

---@class moonrock.S3.CloudFunctionConfiguration
---@field Id? string
---@field Event? string
---@field Events? string[]
---@field CloudFunction? string
---@field InvocationRole? string

---@class moonrock.S3.TopicConfiguration
---@field Id? string
---@field TopicArn string
---@field Events string[]
---@field Filter? moonrock.S3.NotificationConfigurationFilter

---@class moonrock.S3.QueueConfiguration
---@field Id? string
---@field QueueArn string
---@field Events string[]
---@field Filter? moonrock.S3.NotificationConfigurationFilter

---@class moonrock.S3.LambdaFunctionConfiguration
---@field Id? string
---@field LambdaFunctionArn string
---@field Events string[]
---@field Filter? moonrock.S3.NotificationConfigurationFilter

---@class moonrock.S3.EventBridgeConfiguration

---@class moonrock.S3.OwnershipControls
---@field Rules moonrock.S3.OwnershipControlsRule[]

---@class moonrock.S3.PolicyStatus
---@field IsPublic? boolean

---@class moonrock.S3.ReplicationConfiguration
---@field Role string
---@field Rules moonrock.S3.ReplicationRule[]

---@class moonrock.S3.Tag
---@field Key string
---@field Value string

---@class moonrock.S3.RedirectAllRequestsTo
---@field HostName string
---@field Protocol? "http"|"https"

---@class moonrock.S3.IndexDocument
---@field Suffix string

---@class moonrock.S3.ErrorDocument
---@field Key string

---@class moonrock.S3.RoutingRule
---@field Condition? moonrock.S3.Condition
---@field Redirect moonrock.S3.Redirect

---@class moonrock.S3.Checksum
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string
---@field ChecksumType? "COMPOSITE"|"FULL_OBJECT"

---@class moonrock.S3.GetObjectAttributesParts
---@field TotalPartsCount? integer
---@field PartNumberMarker? integer
---@field NextPartNumberMarker? integer
---@field MaxParts? integer
---@field IsTruncated? boolean
---@field Parts? moonrock.S3.ObjectPart[]

---@class moonrock.S3.ObjectLockLegalHold
---@field Status? "ON"|"OFF"

---@class moonrock.S3.ObjectLockConfiguration
---@field ObjectLockEnabled? "Enabled"
---@field Rule? moonrock.S3.ObjectLockRule

---@class moonrock.S3.ObjectLockRetention
---@field Mode? "GOVERNANCE"|"COMPLIANCE"
---@field RetainUntilDate? number|string
---@field EventHold? "ON"|"OFF"
---@field EventHoldDuration? moonrock.S3.EventHoldDuration

---@class moonrock.S3.PublicAccessBlockConfiguration
---@field BlockPublicAcls? boolean
---@field IgnorePublicAcls? boolean
---@field BlockPublicPolicy? boolean
---@field RestrictPublicBuckets? boolean

---@class moonrock.S3.Bucket
---@field Name? string
---@field CreationDate? number|string
---@field BucketRegion? string
---@field BucketArn? string

---@class moonrock.S3.MultipartUpload
---@field UploadId? string
---@field Key? string
---@field Initiated? number|string
---@field StorageClass? string
---@field Owner? moonrock.S3.Owner
---@field Initiator? moonrock.S3.Initiator
---@field ChecksumAlgorithm? string
---@field ChecksumType? "COMPOSITE"|"FULL_OBJECT"
---@field VersionId? string

---@class moonrock.S3.CommonPrefix
---@field Prefix? string

---@class moonrock.S3.AnnotationEntry
---@field AnnotationName string
---@field LastModified number|string
---@field ETag? string
---@field ChecksumAlgorithm? string[]
---@field Size integer
---@field ReplicationStatus? "COMPLETE"|"PENDING"|"FAILED"|"REPLICA"|"COMPLETED"

---@class moonrock.S3.ObjectVersion
---@field ETag? string
---@field ChecksumAlgorithm? string[]
---@field ChecksumType? "COMPOSITE"|"FULL_OBJECT"
---@field Size? integer
---@field StorageClass? "STANDARD"
---@field Key? string
---@field VersionId? string
---@field IsLatest? boolean
---@field LastModified? number|string
---@field Owner? moonrock.S3.Owner
---@field RestoreStatus? moonrock.S3.RestoreStatus

---@class moonrock.S3.DeleteMarkerEntry
---@field Owner? moonrock.S3.Owner
---@field Key? string
---@field VersionId? string
---@field IsLatest? boolean
---@field LastModified? number|string

---@class moonrock.S3.Object
---@field Key? string
---@field LastModified? number|string
---@field ETag? string
---@field ChecksumAlgorithm? string[]
---@field ChecksumType? "COMPOSITE"|"FULL_OBJECT"
---@field Size? integer
---@field StorageClass? string
---@field Owner? moonrock.S3.Owner
---@field RestoreStatus? moonrock.S3.RestoreStatus

---@class moonrock.S3.Part
---@field PartNumber? integer
---@field LastModified? number|string
---@field ETag? string
---@field Size? integer
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string

---@class moonrock.S3.Initiator
---@field ID? string
---@field DisplayName? string

---@class moonrock.S3.AccelerateConfiguration
---@field Status? "Enabled"|"Suspended"

---@class moonrock.S3.AccessControlPolicy
---@field Grants? moonrock.S3.Grant[]
---@field Owner? moonrock.S3.Owner

---@class moonrock.S3.CORSConfiguration
---@field CORSRules moonrock.S3.CORSRule[]

---@class moonrock.S3.LifecycleConfiguration
---@field Rules moonrock.S3.Rule[]

---@class moonrock.S3.BucketLifecycleConfiguration
---@field Rules moonrock.S3.LifecycleRule[]

---@class moonrock.S3.BucketLoggingStatus
---@field LoggingEnabled? moonrock.S3.LoggingEnabled

---@class moonrock.S3.NotificationConfigurationDeprecated
---@field TopicConfiguration? moonrock.S3.TopicConfigurationDeprecated
---@field QueueConfiguration? moonrock.S3.QueueConfigurationDeprecated
---@field CloudFunctionConfiguration? moonrock.S3.CloudFunctionConfiguration

---@class moonrock.S3.NotificationConfiguration
---@field TopicConfigurations? moonrock.S3.TopicConfiguration[]
---@field QueueConfigurations? moonrock.S3.QueueConfiguration[]
---@field LambdaFunctionConfigurations? moonrock.S3.LambdaFunctionConfiguration[]
---@field EventBridgeConfiguration? moonrock.S3.EventBridgeConfiguration

---@class moonrock.S3.RequestPaymentConfiguration
---@field Payer "Requester"|"BucketOwner"

---@class moonrock.S3.Tagging
---@field TagSet moonrock.S3.Tag[]

---@class moonrock.S3.VersioningConfiguration
---@field MFADelete? "Enabled"|"Disabled"
---@field Status? "Enabled"|"Suspended"

---@class moonrock.S3.WebsiteConfiguration
---@field ErrorDocument? moonrock.S3.ErrorDocument
---@field IndexDocument? moonrock.S3.IndexDocument
---@field RedirectAllRequestsTo? moonrock.S3.RedirectAllRequestsTo
---@field RoutingRules? moonrock.S3.RoutingRule[]

---@class moonrock.S3.RestoreRequest
---@field Days? integer
---@field GlacierJobParameters? moonrock.S3.GlacierJobParameters
---@field Type? "SELECT"
---@field Tier? "Standard"|"Bulk"|"Expedited"
---@field Description? string
---@field SelectParameters? moonrock.S3.SelectParameters
---@field OutputLocation? moonrock.S3.OutputLocation

---@class moonrock.S3.RequestProgress
---@field Enabled? boolean

---@class moonrock.S3.InputSerialization
---@field CSV? moonrock.S3.CSVInput
---@field CompressionType? "NONE"|"GZIP"|"BZIP2"
---@field JSON? moonrock.S3.JSONInput
---@field Parquet? moonrock.S3.ParquetInput

---@class moonrock.S3.OutputSerialization
---@field CSV? moonrock.S3.CSVOutput
---@field JSON? moonrock.S3.JSONOutput

---@class moonrock.S3.ScanRange
---@field Start? integer
---@field End? integer

---@class moonrock.S3.AnnotationTableConfigurationUpdates
---@field ConfigurationState "ENABLED"|"DISABLED"
---@field EncryptionConfiguration? moonrock.S3.MetadataTableEncryptionConfiguration
---@field Role? string

---@class moonrock.S3.InventoryTableConfigurationUpdates
---@field ConfigurationState "ENABLED"|"DISABLED"
---@field EncryptionConfiguration? moonrock.S3.MetadataTableEncryptionConfiguration

---@class moonrock.S3.JournalTableConfigurationUpdates
---@field RecordExpiration moonrock.S3.RecordExpiration

---@class moonrock.S3.ObjectEncryption
---@field SSEKMS? moonrock.S3.SSEKMSEncryption

---@class moonrock.S3.CopyPartResult
---@field ETag? string
---@field LastModified? number|string
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string

---@class moonrock.S3.CompletedPart
---@field ETag? string
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string
---@field PartNumber? integer

---@class moonrock.S3.LocationInfo
---@field Type? "AvailabilityZone"|"LocalZone"
---@field Name? string

---@class moonrock.S3.BucketInfo
---@field DataRedundancy? "SingleAvailabilityZone"|"SingleLocalZone"
---@field Type? "Directory"

---@class moonrock.S3.JournalTableConfiguration
---@field RecordExpiration moonrock.S3.RecordExpiration
---@field EncryptionConfiguration? moonrock.S3.MetadataTableEncryptionConfiguration

---@class moonrock.S3.InventoryTableConfiguration
---@field ConfigurationState "ENABLED"|"DISABLED"
---@field EncryptionConfiguration? moonrock.S3.MetadataTableEncryptionConfiguration

---@class moonrock.S3.AnnotationTableConfiguration
---@field ConfigurationState "ENABLED"|"DISABLED"
---@field EncryptionConfiguration? moonrock.S3.MetadataTableEncryptionConfiguration
---@field Role? string

---@class moonrock.S3.S3TablesDestination
---@field TableBucketArn string
---@field TableName string

---@class moonrock.S3.ObjectIdentifier
---@field Key string
---@field VersionId? string
---@field ETag? string
---@field LastModifiedTime? number|string
---@field Size? integer

---@class moonrock.S3.Grantee
---@field DisplayName? string
---@field EmailAddress? string
---@field ID? string
---@field Type "CanonicalUser"|"AmazonCustomerByEmail"|"Group"
---@field URI? string

---@class moonrock.S3.AnalyticsFilter
---@field Prefix? string
---@field Tag? moonrock.S3.Tag
---@field And? moonrock.S3.AnalyticsAndOperator

---@class moonrock.S3.StorageClassAnalysis
---@field DataExport? moonrock.S3.StorageClassAnalysisDataExport

---@class moonrock.S3.ServerSideEncryptionRule
---@field ApplyServerSideEncryptionByDefault? moonrock.S3.ServerSideEncryptionByDefault
---@field BucketKeyEnabled? boolean
---@field BlockedEncryptionTypes? moonrock.S3.BlockedEncryptionTypes

---@class moonrock.S3.IntelligentTieringFilter
---@field Prefix? string
---@field Tag? moonrock.S3.Tag
---@field And? moonrock.S3.IntelligentTieringAndOperator

---@class moonrock.S3.Tiering
---@field Days integer
---@field AccessTier "ARCHIVE_ACCESS"|"DEEP_ARCHIVE_ACCESS"

---@class moonrock.S3.InventoryDestination
---@field S3BucketDestination moonrock.S3.InventoryS3BucketDestination

---@class moonrock.S3.InventoryFilter
---@field Prefix string

---@class moonrock.S3.InventorySchedule
---@field Frequency "Daily"|"Weekly"

---@class moonrock.S3.LifecycleExpiration
---@field Date? number|string
---@field Days? integer
---@field ExpiredObjectDeleteMarker? boolean

---@class moonrock.S3.Transition
---@field Date? number|string
---@field Days? integer
---@field StorageClass? "GLACIER"|"STANDARD_IA"|"ONEZONE_IA"|"INTELLIGENT_TIERING"|"DEEP_ARCHIVE"|"GLACIER_IR"

---@class moonrock.S3.NoncurrentVersionTransition
---@field NoncurrentDays? integer
---@field StorageClass? "GLACIER"|"STANDARD_IA"|"ONEZONE_IA"|"INTELLIGENT_TIERING"|"DEEP_ARCHIVE"|"GLACIER_IR"
---@field NewerNoncurrentVersions? integer

---@class moonrock.S3.NoncurrentVersionExpiration
---@field NoncurrentDays? integer
---@field NewerNoncurrentVersions? integer

---@class moonrock.S3.AbortIncompleteMultipartUpload
---@field DaysAfterInitiation? integer

---@class moonrock.S3.LifecycleRuleFilter
---@field Prefix? string
---@field Tag? moonrock.S3.Tag
---@field ObjectSizeGreaterThan? integer
---@field ObjectSizeLessThan? integer
---@field And? moonrock.S3.LifecycleRuleAndOperator

---@class moonrock.S3.TargetGrant
---@field Grantee? moonrock.S3.Grantee
---@field Permission? "FULL_CONTROL"|"READ"|"WRITE"

---@class moonrock.S3.TargetObjectKeyFormat
---@field SimplePrefix? moonrock.S3.SimplePrefix
---@field PartitionedPrefix? moonrock.S3.PartitionedPrefix

---@class moonrock.S3.MetadataConfigurationResult
---@field DestinationResult moonrock.S3.DestinationResult
---@field JournalTableConfigurationResult? moonrock.S3.JournalTableConfigurationResult
---@field InventoryTableConfigurationResult? moonrock.S3.InventoryTableConfigurationResult
---@field AnnotationTableConfigurationResult? moonrock.S3.AnnotationTableConfigurationResult

---@class moonrock.S3.MetadataTableConfigurationResult
---@field S3TablesDestinationResult moonrock.S3.S3TablesDestinationResult

---@class moonrock.S3.ErrorDetails
---@field ErrorCode? string
---@field ErrorMessage? string

---@class moonrock.S3.MetricsFilter
---@field Prefix? string
---@field Tag? moonrock.S3.Tag
---@field AccessPointArn? string
---@field And? moonrock.S3.MetricsAndOperator

---@class moonrock.S3.NotificationConfigurationFilter
---@field Key? moonrock.S3.S3KeyFilter

---@class moonrock.S3.OwnershipControlsRule
---@field ObjectOwnership "BucketOwnerPreferred"|"ObjectWriter"|"BucketOwnerEnforced"

---@class moonrock.S3.ReplicationRule
---@field ID? string
---@field Priority? integer
---@field Prefix? string
---@field Filter? moonrock.S3.ReplicationRuleFilter
---@field Status "Enabled"|"Disabled"
---@field SourceSelectionCriteria? moonrock.S3.SourceSelectionCriteria
---@field ExistingObjectReplication? moonrock.S3.ExistingObjectReplication
---@field Destination moonrock.S3.Destination
---@field DeleteMarkerReplication? moonrock.S3.DeleteMarkerReplication

---@class moonrock.S3.Condition
---@field HttpErrorCodeReturnedEquals? string
---@field KeyPrefixEquals? string

---@class moonrock.S3.Redirect
---@field HostName? string
---@field HttpRedirectCode? string
---@field Protocol? "http"|"https"
---@field ReplaceKeyPrefixWith? string
---@field ReplaceKeyWith? string

---@class moonrock.S3.ObjectPart
---@field PartNumber? integer
---@field Size? integer
---@field ChecksumCRC32? string
---@field ChecksumCRC32C? string
---@field ChecksumCRC64NVME? string
---@field ChecksumSHA1? string
---@field ChecksumSHA256? string
---@field ChecksumSHA512? string
---@field ChecksumMD5? string
---@field ChecksumXXHASH64? string
---@field ChecksumXXHASH3? string
---@field ChecksumXXHASH128? string

---@class moonrock.S3.ObjectLockRule
---@field DefaultRetention? moonrock.S3.DefaultRetention

---@class moonrock.S3.EventHoldDuration
---@field Days? integer
---@field Years? integer

---@class moonrock.S3.RestoreStatus
---@field IsRestoreInProgress? boolean
---@field RestoreExpiryDate? number|string

---@class moonrock.S3.GlacierJobParameters
---@field Tier "Standard"|"Bulk"|"Expedited"

---@class moonrock.S3.SelectParameters
---@field InputSerialization moonrock.S3.InputSerialization
---@field ExpressionType "SQL"
---@field Expression string
---@field OutputSerialization moonrock.S3.OutputSerialization

---@class moonrock.S3.OutputLocation
---@field S3? moonrock.S3.S3Location

---@class moonrock.S3.CSVInput
---@field FileHeaderInfo? "USE"|"IGNORE"|"NONE"
---@field Comments? string
---@field QuoteEscapeCharacter? string
---@field RecordDelimiter? string
---@field FieldDelimiter? string
---@field QuoteCharacter? string
---@field AllowQuotedRecordDelimiter? boolean

---@class moonrock.S3.JSONInput
---@field Type? "DOCUMENT"|"LINES"

---@class moonrock.S3.ParquetInput

---@class moonrock.S3.CSVOutput
---@field QuoteFields? "ALWAYS"|"ASNEEDED"
---@field QuoteEscapeCharacter? string
---@field RecordDelimiter? string
---@field FieldDelimiter? string
---@field QuoteCharacter? string

---@class moonrock.S3.JSONOutput
---@field RecordDelimiter? string

---@class moonrock.S3.MetadataTableEncryptionConfiguration
---@field SseAlgorithm "aws:kms"|"AES256"
---@field KmsKeyArn? string

---@class moonrock.S3.RecordExpiration
---@field Expiration "ENABLED"|"DISABLED"
---@field Days? integer

---@class moonrock.S3.SSEKMSEncryption
---@field KMSKeyArn string
---@field BucketKeyEnabled? boolean

---@class moonrock.S3.AnalyticsAndOperator
---@field Prefix? string
---@field Tags? moonrock.S3.Tag[]

---@class moonrock.S3.StorageClassAnalysisDataExport
---@field OutputSchemaVersion "V_1"
---@field Destination moonrock.S3.AnalyticsExportDestination

---@class moonrock.S3.ServerSideEncryptionByDefault
---@field SSEAlgorithm "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field KMSMasterKeyID? string

---@class moonrock.S3.BlockedEncryptionTypes
---@field EncryptionType? ("NONE"|"SSE-C")[]

---@class moonrock.S3.IntelligentTieringAndOperator
---@field Prefix? string
---@field Tags? moonrock.S3.Tag[]

---@class moonrock.S3.InventoryS3BucketDestination
---@field AccountId? string
---@field Bucket string
---@field Format "CSV"|"ORC"|"Parquet"
---@field Prefix? string
---@field Encryption? moonrock.S3.InventoryEncryption

---@class moonrock.S3.LifecycleRuleAndOperator
---@field Prefix? string
---@field Tags? moonrock.S3.Tag[]
---@field ObjectSizeGreaterThan? integer
---@field ObjectSizeLessThan? integer

---@class moonrock.S3.SimplePrefix

---@class moonrock.S3.PartitionedPrefix
---@field PartitionDateSource? "EventTime"|"DeliveryTime"

---@class moonrock.S3.DestinationResult
---@field TableBucketType? "aws"|"customer"
---@field TableBucketArn? string
---@field TableNamespace? string

---@class moonrock.S3.JournalTableConfigurationResult
---@field TableStatus string
---@field Error? moonrock.S3.ErrorDetails
---@field TableName string
---@field TableArn? string
---@field RecordExpiration moonrock.S3.RecordExpiration

---@class moonrock.S3.InventoryTableConfigurationResult
---@field ConfigurationState "ENABLED"|"DISABLED"
---@field TableStatus? string
---@field Error? moonrock.S3.ErrorDetails
---@field TableName? string
---@field TableArn? string

---@class moonrock.S3.AnnotationTableConfigurationResult
---@field ConfigurationState "ENABLED"|"DISABLED"
---@field TableStatus? string
---@field Error? moonrock.S3.ErrorDetails
---@field TableName? string
---@field TableArn? string
---@field Role? string

---@class moonrock.S3.S3TablesDestinationResult
---@field TableBucketArn string
---@field TableName string
---@field TableArn string
---@field TableNamespace string

---@class moonrock.S3.MetricsAndOperator
---@field Prefix? string
---@field Tags? moonrock.S3.Tag[]
---@field AccessPointArn? string

---@class moonrock.S3.S3KeyFilter
---@field FilterRules? moonrock.S3.FilterRule[]

---@class moonrock.S3.ReplicationRuleFilter
---@field Prefix? string
---@field Tag? moonrock.S3.Tag
---@field And? moonrock.S3.ReplicationRuleAndOperator

---@class moonrock.S3.SourceSelectionCriteria
---@field SseKmsEncryptedObjects? moonrock.S3.SseKmsEncryptedObjects
---@field ReplicaModifications? moonrock.S3.ReplicaModifications

---@class moonrock.S3.ExistingObjectReplication
---@field Status "Enabled"|"Disabled"

---@class moonrock.S3.Destination
---@field Bucket string
---@field Account? string
---@field StorageClass? string
---@field AccessControlTranslation? moonrock.S3.AccessControlTranslation
---@field EncryptionConfiguration? moonrock.S3.EncryptionConfiguration
---@field ReplicationTime? moonrock.S3.ReplicationTime
---@field Metrics? moonrock.S3.Metrics

---@class moonrock.S3.DeleteMarkerReplication
---@field Status? "Enabled"|"Disabled"

---@class moonrock.S3.DefaultRetention
---@field Mode? "GOVERNANCE"|"COMPLIANCE"
---@field Days? integer
---@field Years? integer
---@field DefaultEventHold? moonrock.S3.EventHoldDuration

---@class moonrock.S3.S3Location
---@field BucketName string
---@field Prefix string
---@field Encryption? moonrock.S3.Encryption
---@field CannedACL? "private"|"public-read"|"public-read-write"|"authenticated-read"|"aws-exec-read"|"bucket-owner-read"|"bucket-owner-full-control"
---@field AccessControlList? moonrock.S3.Grant[]
---@field Tagging? moonrock.S3.Tagging
---@field UserMetadata? moonrock.S3.MetadataEntry[]
---@field StorageClass? string

---@class moonrock.S3.AnalyticsExportDestination
---@field S3BucketDestination moonrock.S3.AnalyticsS3BucketDestination

---@class moonrock.S3.InventoryEncryption
---@field SSES3? moonrock.S3.SSES3
---@field SSEKMS? moonrock.S3.SSEKMS

---@class moonrock.S3.FilterRule
---@field Name? "prefix"|"suffix"
---@field Value? string

---@class moonrock.S3.ReplicationRuleAndOperator
---@field Prefix? string
---@field Tags? moonrock.S3.Tag[]

---@class moonrock.S3.SseKmsEncryptedObjects
---@field Status "Enabled"|"Disabled"

---@class moonrock.S3.ReplicaModifications
---@field Status "Enabled"|"Disabled"

---@class moonrock.S3.AccessControlTranslation
---@field Owner "Destination"

---@class moonrock.S3.EncryptionConfiguration
---@field ReplicaKmsKeyID? string

---@class moonrock.S3.ReplicationTime
---@field Status "Enabled"|"Disabled"
---@field Time moonrock.S3.ReplicationTimeValue

---@class moonrock.S3.Metrics
---@field Status "Enabled"|"Disabled"
---@field EventThreshold? moonrock.S3.ReplicationTimeValue

---@class moonrock.S3.Encryption
---@field EncryptionType "AES256"|"aws:fsx"|"aws:backup"|"aws:kms"|"aws:kms:dsse"
---@field KMSKeyId? string
---@field KMSContext? string

---@class moonrock.S3.MetadataEntry
---@field Name? string
---@field Value? string

---@class moonrock.S3.AnalyticsS3BucketDestination
---@field Format "CSV"
---@field BucketAccountId? string
---@field Bucket string
---@field Prefix? string

---@class moonrock.S3.SSES3

---@class moonrock.S3.SSEKMS
---@field KeyId string

---@class moonrock.S3.ReplicationTimeValue
---@field Minutes? integer

return Client
